import {
  type INestApplicationContext,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { DiscoveryService, ExternalContextCreator, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { Events } from '../events/events.js';
import { HealthServer, type Report } from '../health/health-server.js';
import { troubleOf } from '../health/store-health.js';
import type { DeclaredSchedule } from '../schedule/declared.js';
import { Scheduler } from '../schedule/scheduler.js';
import { describeTrigger } from '../schedule/trigger/index.js';
import type { Schedules } from '../schedule/schedules.js';
import { TaskRef } from '../task/task-ref.js';
import type { Clock } from '../time/clock.js';
import { guard } from '../worker/guard.js';
import { TaskTable } from '../worker/task-table.js';
import { atMost } from '../worker/waiters.js';
import { Worker, type WorkerEnd } from '../worker/worker.js';
import { closeApplication } from './close-application.js';
import type { Connection } from './connection.js';
import { diagnose, narrowed, unfired, unserved } from './diagnostics.js';
import { Explorer, type FoundSchedule, type FoundTask } from './explorer.js';
import { handlersOf } from './handlers.js';
import { hooksOf } from './hooks.js';
import type { QueueModuleOptions } from './queue-options.js';
import { rootModuleOf } from './root-module.js';
import { Signals } from './signals.js';
import type { WorkerModuleOptions } from './worker-options.js';

/** Milliseconds the scheduler has to end the round in hand. */
const lastRound = 1000;
/** Milliseconds a process that is to be started anew has to end by itself. */
const lastMoment = 1000;

/** Everything the host is given by the container. */
export interface Surroundings {
  options: WorkerModuleOptions;
  /** The named `QueueModule` it works for. */
  instance?: string;
  queue: QueueModuleOptions;
  connection: Connection;
  clock: Clock;
  events: Events;
  schedules: Schedules;
  discovery: DiscoveryService;
  modules: ModulesContainer;
  contexts: ExternalContextCreator;
  http: HttpAdapterHost;
}

/** The worker's life inside an application: boots last, prints what it serves, leaves first. Ends the application when it ends by itself. */
export class WorkerHost implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger('Worker');
  private running?: Worker;
  private scheduler?: Scheduler;
  private declared: readonly DeclaredSchedule[] = [];
  private server?: HealthServer;
  private signals?: Signals;
  private unguard?: () => void;
  private closing?: Promise<void>;

  constructor(private readonly given: Surroundings) {}

  /** That of an application, if it has one. */
  static of(app: INestApplicationContext): WorkerHost | undefined {
    try {
      return app.get(WorkerHost, { strict: false });
    } catch {
      return undefined;
    }
  }

  /** The worker itself. Throws before the application is up. */
  get worker(): Worker {
    if (!this.running) throw new Error('The worker starts with the application: call app.init() or app.listen() first');
    return this.running;
  }

  /** The named `QueueModule` it works for. */
  get instance(): string | undefined {
    return this.given.instance;
  }

  /** Where the health probes listen, once up. */
  port?: number;

  async onApplicationBootstrap(): Promise<void> {
    try {
      await this.begin();
    } catch (error) {
      await this.giveUp();
      throw error;
    }
    void this.worker.done.then(({ reason }) => this.ended(reason));
    if (this.given.options.signals !== false) this.mind(this.worker);
  }

  /** Before any other module closes what a running job may need. */
  async onModuleDestroy(): Promise<void> {
    await this.leave('grace');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.server?.close();
    this.unguard?.();
    this.signals?.closed();
  }

  /** Closes the application around it. Calling twice is harmless. */
  close(signal?: string): Promise<void> {
    return (this.closing ??= closeApplication(this.given.modules, this.given.http, signal));
  }

  private async begin(): Promise<void> {
    this.running = this.assemble();
    await this.probes();
    await this.scheduler?.reconcile();
    await this.running.start();
    await this.scheduler?.start();
  }

  /** After a boot that failed nobody gets an application to close: what would keep the process alive is let go here. */
  private async giveUp(): Promise<void> {
    await this.leave('now');
    await this.server?.close();
    await this.given.connection.onApplicationShutdown();
  }

  /** The worker has ended; by itself, unless it was stopped. */
  private async ended(reason: WorkerEnd['reason']): Promise<void> {
    if (reason === 'stopped') return;
    await this.close();
    // Whoever starts the process anew waits for its end: what else keeps it alive gets a moment, and no more.
    const { clock, options } = this.given;
    if (reason === 'recycled' && options.signals !== false) clock.after(lastMoment, () => process.exit(0));
  }

  /** The process is this worker's: its signals, and the errors that nobody caught. */
  private mind(worker: Worker): void {
    const leave = () => this.close().finally(() => process.exit(1));
    this.unguard = guard({ worker, logger: this.logger, leave });
    this.signals = new Signals({
      leave: (patience) => this.leave(patience),
      close: (signal) => this.close(signal),
    });
    this.signals.listen();
  }

  private async leave(patience: 'grace' | 'now'): Promise<void> {
    const { scheduler, running, given } = this;
    // A round that a store holds up must not hold up the leaving.
    await Promise.all([
      scheduler && atMost(given.clock, scheduler.stop(), lastRound),
      running?.stop({ now: patience === 'now' }),
    ]);
  }

  private assemble(): Worker {
    const { options, queue, connection, clock, events, modules, contexts, discovery } = this.given;
    const explorer = new Explorer(discovery);
    const all = explorer.tasks();
    const found = narrowed(all, options.tasks);
    diagnose(found, explorer.misplaced(), options.queues !== undefined && Object.keys(options.queues).length === 0);
    this.scheduler = this.schedulerOf(all, explorer.schedules(all).map(declaredOf));
    const handlers = handlersOf(found, modules, options.globalEnhancers ? contexts : undefined);
    this.announce(found, new TaskTable(handlers, queue.overrides, queue.defaults, queue.routes));
    const { name, queues, except, concurrency, prefetch, lease, shutdown, idle, burst, maxJobs, recycle } = options;
    const { maxBlock, threads, unknownTaskAfter, logPayloads } = options;
    return new Worker({
      ...{ name, queues, except, concurrency, prefetch, lease, shutdown, idle, burst, maxJobs, recycle },
      ...{ maxBlock, threads, unknownTaskAfter, logPayloads },
      ...{
        store: connection.store,
        handlers,
        clock,
        events,
        codec: queue.codec,
        resultLimit: queue.resultLimit,
        logger: this.logger,
      },
      ...{ overrides: queue.overrides, defaults: queue.defaults, routes: queue.routes },
      hooks: hooksOf(explorer, options.hooks),
    });
  }

  /** Declarations count however this worker is narrowed: they are those of the application. */
  private schedulerOf(tasks: readonly FoundTask[], declared: readonly DeclaredSchedule[]): Scheduler | undefined {
    const { options, instance, clock, events, schedules, modules } = this.given;
    const said = options.schedules ?? options.burst === undefined;
    if (said === false) return undefined;
    this.declared = declared.filter((schedule) => schedule.options.instance === instance);
    for (const sentence of unfired(declared, instancesOf(modules))) this.logger.warn(sentence);
    return new Scheduler({
      ...{ schedules, clock, events, declared: this.declared },
      owner: (said === true ? undefined : said.owner) ?? rootModuleOf(modules),
      tasks: tasks.map(({ metadata }) => metadata.definition.name),
    });
  }

  /** One line per task with its queue, and per schedule; a warning for those whose queue is left out here. */
  private announce(found: readonly FoundTask[], table: TaskTable): void {
    const { queues, except = [] } = this.given.options;
    const served = (queues ? Object.keys(queues) : table.queues).filter((queue) => !except.includes(queue));
    const queueOf = (task: FoundTask) => table.get(task.metadata.definition.name)?.options.queue ?? 'default';
    for (const task of found) {
      if (!served.includes(queueOf(task))) continue;
      this.logger.log(
        `${task.metadata.definition.name} on queue ${queueOf(task)}: ${task.name}.${task.metadata.method}`,
      );
    }
    for (const { id, trigger, where } of this.declared) {
      this.logger.log(`${id} ${describeTrigger(trigger)}: ${where}`);
    }
    for (const sentence of unserved(found, queueOf, served)) this.logger.warn(sentence);
  }

  private async probes(): Promise<void> {
    const { health } = this.given.options;
    if (!health) return;
    this.server = new HealthServer({ live: () => this.live(), ready: () => this.ready() });
    this.port = await this.server.listen(health.port, health.host);
    this.logger.log(`Health on port ${this.port}: /livez, /readyz`);
  }

  /** Only a restart would help: the loops stand still. */
  private live(): Report {
    const { live } = this.worker.status();
    return { ok: live, body: { status: live ? 'up' : 'down' } };
  }

  /** It takes jobs, and the store answers. */
  private async ready(): Promise<Report> {
    const { id, ready, running, stuck, blocked } = this.worker.status();
    const message = await troubleOf(this.given.connection.store);
    const ok = ready && !message;
    return {
      ok,
      body: { status: ok ? 'up' : 'down', worker: id, running, stuck, blocked, ...(message && { message }) },
    };
  }
}

/** The instances that workers of this application work for. */
function instancesOf(modules: ModulesContainer): (string | undefined)[] {
  const hosts = [...modules.values()].flatMap((module) => module.providers.get(WorkerHost)?.instance ?? []);
  return (hosts as WorkerHost[]).map((host) => host.instance);
}

/** A schedule that was found on a method, as it is declared. */
export function declaredOf({ name, metadata, declaration }: FoundSchedule): DeclaredSchedule {
  const { trigger, options, method } = declaration;
  const id = options.id ?? metadata.definition.name;
  return { id, task: new TaskRef(metadata.definition), trigger, options, where: `${name}.${method}` };
}
