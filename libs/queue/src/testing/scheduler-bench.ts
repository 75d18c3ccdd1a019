import type { INestApplicationContext } from '@nestjs/common';
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import type { Events } from '../events/events.js';
import { Explorer } from '../nest/explorer.js';
import { rootModuleOf } from '../nest/root-module.js';
import { getEventsToken, QUEUE_CLOCK } from '../nest/tokens.js';
import { declaredOf, WorkerHost } from '../nest/worker-host.js';
import { Declarations } from '../schedule/declared.js';
import { Schedules } from '../schedule/schedules.js';
import type { Clock } from '../time/clock.js';
import { TurnedFiring } from './turned-firing.js';

/** What some worker does for the schedules of an application under test, whether that has one or not. */
export class SchedulerBench {
  private readonly firing: TurnedFiring;
  private readonly begun: Promise<void>;

  constructor(app: INestApplicationContext) {
    const get = <T>(token: unknown) => app.get<T>(token as never, { strict: false });
    const [clock, events, schedules] = [
      get<Clock>(QUEUE_CLOCK),
      get<Events>(getEventsToken()),
      get<Schedules>(Schedules),
    ];
    this.firing = new TurnedFiring(clock, schedules, events);

    const explorer = new Explorer(get(DiscoveryService));
    const tasks = explorer.tasks();
    const declared = explorer
      .schedules(tasks)
      .map(declaredOf)
      .filter(({ options }) => options.instance === undefined);
    const names = tasks.map(({ metadata }) => metadata.definition.name);
    const owner = rootModuleOf(get(ModulesContainer));
    // A worker of the application declares them itself.
    const mine = declared.length > 0 && !WorkerHost.of(app);
    this.begun = this.begin(mine ? new Declarations(clock, schedules, events, declared, owner, names) : undefined);
    // Told to whoever asks `ready`.
    this.begun.catch(() => undefined);
  }

  /** Those declared in code are there, and fire whenever the clock is turned. Throws what is wrong with one of them. */
  ready(): Promise<void> {
    return this.begun;
  }

  /** Deals with every slot that is due. */
  async fire(): Promise<void> {
    await this.begun;
    await this.firing.runOnce();
  }

  async end(): Promise<void> {
    await this.begun.catch(() => undefined);
    await this.firing.stop();
  }

  private async begin(declarations: Declarations | undefined): Promise<void> {
    await declarations?.reconcile();
    await declarations?.boot();
    await this.firing.runOnce();
    this.firing.start();
  }
}
