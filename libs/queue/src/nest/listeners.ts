import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import type { EventMap, Events } from '../events/events.js';
import type { Explorer, FoundListener } from './explorer.js';
import { Host, type Leftovers } from './host.js';

type JobFact = EventMap['job.completed'];

/** Connects the methods with `@OnJob()` to the events of one instance. Best effort: what they throw is logged. */
export class Listeners implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('OnJob');
  private stops: (() => void)[] = [];

  constructor(
    private readonly explorer: Explorer,
    private readonly events: Events,
    private readonly leftovers: Leftovers,
  ) {}

  onApplicationBootstrap(): void {
    this.stops = this.explorer.listeners().map((found) => this.listen(found));
  }

  onApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }

  private listen({ metadata, wrapper, name }: FoundListener): () => void {
    const { event, task, method } = metadata;
    const host = new Host(wrapper, this.leftovers);
    const call = (instance: object, fact: JobFact) =>
      (instance as Record<string, (fact: JobFact) => unknown>)[method]!(fact);
    return this.events.on(`job.${event}`, async (fact) => {
      const heard = fact as JobFact;
      if (task !== undefined && heard.task !== task) return;
      try {
        if (host.scoped) await host.during(heard, ({ instance }) => call(instance, heard));
        else await call(host.instance, heard);
      } catch (error) {
        this.logger.error(
          `${name}.${method} failed on job.${event} of ${heard.id}: ${String(error)}`,
          (error as Error).stack,
        );
      }
    });
  }
}
