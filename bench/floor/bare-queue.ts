import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { addScript, exchangeScript, keys } from './scripts.js';

export interface BareWorkOptions {
  /** Jobs of one call, and jobs that run together. */
  concurrency: number;
  /** Keep the ids and bodies of what completed. */
  keep: boolean;
  handler: (payload: unknown) => Promise<unknown>;
}

const leaseMs = 15_000;
const callsInFlight = 2;
const idleMs = 1;

/**
 * The practical limit of this machine: two scripts, a driver, and a loop around them. It has no retries, schedules,
 * priorities, limits, cancellation, events or metrics, and no reaper; it is what a queue costs before it is of use.
 */
export class BareQueue {
  private readonly redis: Redis;
  private readonly add = new Script(addScript);
  private readonly exchange = new Script(exchangeScript);
  /** Of this producer or worker, and of no other. */
  private readonly name = randomUUID().slice(0, 8);
  private added = 0;

  constructor(url: string) {
    this.redis = new Redis(url);
  }

  /** One call for all of them. */
  async addBulk(payloads: readonly unknown[]): Promise<void> {
    const args: string[] = [];
    for (const payload of payloads) args.push(`${this.name}-${++this.added}`, JSON.stringify(payload));
    await this.add.run(this.redis, [keys.bodies, keys.ready], args);
  }

  /** Runs jobs until the signal; what is under way then is settled first. */
  async work(options: BareWorkOptions, signal: AbortSignal): Promise<void> {
    await this.redis.zadd(keys.leases, Date.now() + leaseMs, this.name);
    await Promise.all(Array.from({ length: callsInFlight }, () => this.loop(options, signal)));
    await this.redis.zrem(keys.leases, this.name);
  }

  /** Jobs that wait, and jobs that a worker holds. */
  async left(): Promise<number> {
    const workers = await this.redis.zrange(keys.leases, '0', '-1');
    const [waiting, ...held] = await Promise.all([
      this.redis.llen(keys.ready),
      ...workers.map((worker) => this.redis.hlen(keys.heldBy(worker))),
    ]);
    return held.reduce((sum, count) => sum + count, waiting);
  }

  async close(): Promise<void> {
    await this.redis.quit();
  }

  private async loop({ concurrency, keep, handler }: BareWorkOptions, signal: AbortSignal) {
    const lane = [keys.bodies, keys.ready, keys.completed, keys.leases, keys.heldBy(this.name)];
    let done: string[] = [];
    while (!signal.aborted || done.length > 0) {
      const want = signal.aborted ? 0 : concurrency;
      const args = [this.name, leaseMs, want, keep ? 1 : 0, ...done];
      const answer = (await this.exchange.run(this.redis, lane, args)) as [string[], string[]] | null;
      if (!answer) throw new Error('The lease of this worker is gone.');
      const [ids, bodies] = answer;
      await Promise.all(bodies.map(async (body) => handler(JSON.parse(body))));
      if (ids.length === 0 && done.length === 0) await sleep(idleMs);
      done = ids;
    }
  }
}

/** A script that the server is taught when it first says that it does not know it. */
class Script {
  private readonly sha: string;

  constructor(private readonly text: string) {
    this.sha = createHash('sha1').update(text).digest('hex');
  }

  async run(redis: Redis, keys: string[], args: (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error as Error).message.includes('NOSCRIPT')) throw error;
      return redis.eval(this.text, keys.length, ...keys, ...args);
    }
  }
}
