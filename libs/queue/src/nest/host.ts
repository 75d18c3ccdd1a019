import { Logger } from '@nestjs/common';
import { type ContextId, ContextIdFactory, ModuleRef, type ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Occasion } from './enhancers.js';

/** The object behind a decorated method: one for good, or with request-scoped providers one per job. */
export class Host {
  readonly scoped: boolean;

  constructor(
    private readonly wrapper: InstanceWrapper<object>,
    private readonly leftovers: Leftovers,
  ) {
    this.scoped = !wrapper.isDependencyTreeStatic() || wrapper.isTransient;
  }

  /** The one instance. Meaningless when `scoped`. */
  get instance(): object {
    return this.wrapper.instance;
  }

  /** Makes the instance for `request`, which request-scoped providers may inject as `REQUEST`; disposes of it after `use`. */
  async during<T>(request: object, use: (occasion: Occasion) => T | Promise<T>): Promise<T> {
    const contextId = ContextIdFactory.create();
    const moduleRef = this.wrapper.host!.getProviderByKey<ModuleRef>(ModuleRef).instance;
    moduleRef.registerRequestByContextId(request, contextId);
    try {
      const instance = await moduleRef.resolve<object>(this.wrapper.token as never, contextId, { strict: true });
      return await use({ instance, contextId, inquirerId: this.wrapper.id });
    } finally {
      await this.leftovers.dispose(contextId);
    }
  }
}

interface Disposable {
  onModuleDestroy?(): unknown;
}

/**
 * Nest makes request-scoped providers and forgets them. Those that have `onModuleDestroy` are told when their job is
 * over, so that a session or transaction of the job is closed with it.
 */
export class Leftovers {
  private readonly logger = new Logger('Queue');
  private found?: InstanceWrapper[];

  constructor(private readonly modules: ModulesContainer) {}

  /** Known once the application has been put together, so looked for at the first job. */
  private get candidates(): InstanceWrapper[] {
    return (this.found ??= [...this.modules.values()]
      .flatMap((module) => [...module.providers.values()])
      .filter((wrapper) => !wrapper.isAlias && (wrapper.isTransient || !wrapper.isDependencyTreeStatic())));
  }

  async dispose(contextId: ContextId): Promise<void> {
    for (const wrapper of this.candidates) {
      for (const made of wrapper.getExistingInstancesByContextId(contextId)) {
        if (!made.isConstructorCalled && !made.isResolved) continue;
        try {
          await (made.instance as Disposable | undefined)?.onModuleDestroy?.();
        } catch (error) {
          this.logger.error(`A provider of a job failed at its end: ${String(error)}`, (error as Error).stack);
        }
      }
    }
  }
}
