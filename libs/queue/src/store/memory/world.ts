import { parseJobId } from '../../job/id.js';
import type { Clock } from '../../time/clock.js';
import { Effects } from '../effects.js';
import { unset } from '../settings.js';
import type { Lane, QueueSettings, WorkerRecord } from '../store.js';
import { compare } from './heap.js';
import { Hints } from './hints.js';
import type { Job } from './job.js';
import { ScheduleBook } from './schedule-book.js';
import { Shard } from './shard.js';

interface Queue {
  settings: QueueSettings;
  shards: Map<number, Shard>;
}

/** Everything this store holds: queues with their shards, schedules, and who works. */
export class World {
  readonly workers = new Map<string, WorkerRecord>();
  readonly hints = new Hints();
  readonly book = new ScheduleBook();
  /** Raised by one job, meant for another; none between two verbs. */
  readonly effects = new Effects();
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly clock: Clock) {}

  now(): number {
    return this.clock.now();
  }

  /** A shard that something was written to, or `undefined`: looking never makes one. */
  shard({ queue, shard }: Lane): Shard | undefined {
    return this.queues.get(queue)?.shards.get(shard);
  }

  /** The shard to write to. */
  openShard({ queue, shard }: Lane): Shard {
    const { shards } = this.openQueue(queue);
    let found = shards.get(shard);
    if (!found) {
      found = new Shard(queue, shard, this.hints, this.effects, () => this.settings(queue));
      shards.set(shard, found);
    }
    return found;
  }

  /** The shard that `id` names. */
  shardOf(id: string): Shard | undefined {
    const address = parseJobId(id);
    return address && this.shard(address);
  }

  job(id: string): Job | undefined {
    return this.shardOf(id)?.jobs.get(id);
  }

  settings(queue: string): QueueSettings {
    return this.queues.get(queue)?.settings ?? unset;
  }

  configure(queue: string, settings: QueueSettings): void {
    this.openQueue(queue).settings = settings;
  }

  /** By name. */
  queueNames(): string[] {
    return [...this.queues.keys()].sort(compare);
  }

  /** By queue and number; of one queue only when it is named. */
  shards(queue?: string): Shard[] {
    const names = queue === undefined ? this.queueNames() : [queue];
    return names.flatMap((name) =>
      [...(this.queues.get(name)?.shards.values() ?? [])].sort((a, b) => a.shard - b.shard),
    );
  }

  private openQueue(name: string): Queue {
    let queue = this.queues.get(name);
    if (!queue) this.queues.set(name, (queue = { settings: unset, shards: new Map() }));
    return queue;
  }
}
