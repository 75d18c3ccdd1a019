import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from '../time/clock.js';

interface JobFact {
  id: string;
  task: string;
  queue: string;
  /** Epoch milliseconds. */
  at: number;
}

interface AttemptFact extends JobFact {
  worker: string;
  attempt: number;
}

interface ScheduleFact {
  id: string;
  task: string;
  /** Epoch milliseconds. */
  at: number;
}

/** Everything that is announced, by name. Facts, in the past tense of the verb that made them. */
export interface EventMap {
  'job.enqueued': JobFact & { created: boolean };
  'job.started': AttemptFact & { lateBy: number };
  'job.progress': AttemptFact & { percent: number; detail?: unknown };
  'job.completed': AttemptFact & { ms: number; result: unknown };
  'job.retry': AttemptFact & { ms: number; error: unknown; delay: number };
  'job.snoozed': AttemptFact & { ms: number; delay: number };
  'job.failed': AttemptFact & { ms: number; error: unknown; reason: string };
  'job.cancelled': Partial<AttemptFact> & JobFact & { reason: string };
  'job.released': AttemptFact & { why: string };
  'job.reaped': {
    queue: string;
    at: number;
    released: string[];
    failed: { id: string; task: string }[];
    lost: string[];
  };
  'job.stale': AttemptFact;
  'worker.started': { worker: string; at: number; queues: string[]; tasks: string[] };
  'worker.quiet': { worker: string; at: number };
  'worker.stopped': { worker: string; at: number; released: number };
  'worker.lost': { worker: string; at: number };
  'worker.blocked': { worker: string; at: number; ms: number; tasks: string[] };
  'schedule.fired': ScheduleFact & { slot: number; job: string; lateBy: number };
  'schedule.skipped': ScheduleFact & { slot: number; why: string };
  /** `count` slots up to `slot`. */
  'schedule.missed': ScheduleFact & { slot: number; count: number; why: string };
  'schedule.changed': ScheduleFact & { change: 'put' | 'removed' | 'paused' | 'resumed' | 'finished' };
  'store.lost': { url: string; at: number; error: unknown };
  'store.back': { url: string; at: number; ms: number };
  /** Something of ours that listens or maintains has failed; never the job's fault. */
  error: { at: number; error: unknown; doing: string };
}

export type EventName = keyof EventMap;

/**
 * Emit once, listen elsewhere: code announces facts, logs and metrics are subscribers. Local to the process, best
 * effort, and free when nobody listens: ask `has()` before making the fact.
 */
export class Events {
  private readonly emitter = new EventEmitter();

  constructor(private readonly clock: Clock = systemClock) {
    this.emitter.setMaxListeners(0);
  }

  has(name: EventName): boolean {
    return this.emitter.listenerCount(name) > 0;
  }

  /** Calls every listener. One that throws, or rejects, is announced as `error` and breaks nothing. */
  emit<N extends EventName>(name: N, fact: EventMap[N]): void {
    for (const listener of this.emitter.listeners(name)) {
      try {
        const answer = (listener as (fact: EventMap[N]) => unknown)(fact);
        if (answer instanceof Promise) answer.catch((error: unknown) => this.failed(name, error));
      } catch (error) {
        this.failed(name, error);
      }
    }
  }

  /** Answers the function that stops listening. */
  on<N extends EventName>(name: N, listener: (fact: EventMap[N]) => unknown): () => void {
    this.emitter.on(name, listener);
    return () => void this.emitter.off(name, listener);
  }

  /** The next such fact that `matches`. For tests and waiters: a signal, not a sleep. */
  next<N extends EventName>(name: N, matches: (fact: EventMap[N]) => boolean = () => true): Promise<EventMap[N]> {
    return new Promise((resolve) => {
      const stop = this.on(name, (fact) => {
        if (!matches(fact)) return;
        stop();
        resolve(fact);
      });
    });
  }

  private failed(name: EventName, error: unknown): void {
    if (name !== 'error' && this.has('error'))
      this.emit('error', { at: this.clock.now(), error, doing: `listener of ${name}` });
  }
}
