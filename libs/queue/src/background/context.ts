import type { Abstract, Type } from '@nestjs/common';
import { ContextIdFactory, type ModuleRef } from '@nestjs/core';
import type { Leftovers } from '../nest/host.js';

/** What a function gets when it runs: providers of its own, as those of its request are past their time. */
export interface BackgroundContext {
  /**
   * A request-scoped provider made for this function, however often it asks; the shared instance of any other. May inject
   * `REQUEST`: the request that was answered. Its `onModuleDestroy` is called when the function has ended.
   */
  resolve<T>(token: Type<T> | Abstract<T> | string | symbol): Promise<T>;
}

/** Its promise is awaited, its result goes nowhere. */
export type BackgroundFunction = (context: BackgroundContext) => unknown;

/** The context of one function. Costs nothing until something is asked of it. */
export class OwnContext implements BackgroundContext {
  private contextId?: ReturnType<typeof ContextIdFactory.create>;

  constructor(
    private readonly modules: ModuleRef,
    private readonly leftovers: Leftovers,
    private readonly request: object | undefined,
  ) {}

  /** A property, so that it may be taken out of the context: `({ resolve }) => …`. */
  readonly resolve = <T>(token: Type<T> | Abstract<T> | string | symbol): Promise<T> => {
    return this.modules.resolve<T>(token, (this.contextId ??= this.begin()), { strict: false });
  };

  async close(): Promise<void> {
    if (this.contextId) await this.leftovers.dispose(this.contextId);
  }

  private begin() {
    const contextId = ContextIdFactory.create();
    this.modules.registerRequestByContextId(this.request, contextId);
    return contextId;
  }
}
