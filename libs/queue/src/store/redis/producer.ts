import { randomBytes } from 'node:crypto';
import { QueueFull, StoreUnavailable } from '../../job/errors.js';
import { systemClock } from '../../time/clock.js';
import { within } from '../../time/within.js';
import type { EnqueueAnswer, Lane, NewJob } from '../store.js';
import { failureOf } from './failures.js';
import { byLane, type Lanes } from './lanes.js';
import { find } from './look.js';
import { relayNow } from './relay.js';
import { idOf, jobArguments, stateOf } from './wire.js';

/** Calls of this producer to one lane. */
interface Calls {
  next: number;
  /** Numbers without an answer, smallest first. */
  open: Set<number>;
}

/**
 * Adds jobs, once each, over a connection that may break.
 *
 * A call without an answer may have been run or not. So every call to a lane carries this producer's name and a number;
 * the lane remembers the answers of calls that are still open, and a call that comes again is answered and not run, even
 * when its jobs have run and are forgotten.
 */
export class Producer {
  private readonly name = randomBytes(9).toString('base64url');
  private readonly calls = new Map<string, Calls>();

  constructor(
    private readonly lanes: Lanes,
    /** Milliseconds to wait for a store that is away. */
    private readonly patience: number,
  ) {}

  async enqueue(jobs: NewJob[], patience = this.patience): Promise<EnqueueAnswer[]> {
    const deadline = systemClock.monotonic() + patience;
    const answers: EnqueueAnswer[] = new Array<EnqueueAnswer>(jobs.length);
    const groups = byLane(jobs, (job) => job.id);
    await Promise.all(
      groups.map(async ({ lane, items, locals, places }) => {
        const found = await this.add(lane, items, locals, deadline);
        found.forEach((answer, i) => (answers[places[i]!] = answer));
      }),
    );
    return jobs.some((job) => job.after?.length) ? this.statesNow(jobs, answers) : answers;
  }

  /** Asks the jobs that others wait for, and answers what these others have become then. */
  private async statesNow(jobs: NewJob[], answers: EnqueueAnswer[]): Promise<EnqueueAnswer[]> {
    const places = answers.flatMap(({ created }, i) => (created && jobs[i]!.after?.length ? [i] : []));
    const keys = places.map((i) => ({ id: jobs[i]!.id }));
    await relayNow(this.lanes, ...byLane(keys, ({ id }) => id).map(({ lane }) => lane));
    const found = await find(this.lanes, keys, false).catch(() => []);
    places.forEach((place, i) => (answers[place]!.state = found[i]?.state ?? answers[place]!.state));
    return answers;
  }

  private async add(lane: Lane, jobs: NewJob[], locals: string[], deadline: number): Promise<EnqueueAnswer[]> {
    const calls = this.callsTo(lane);
    const number = calls.next++;
    calls.open.add(number);
    try {
      const args: (string | number)[] = [this.name, number, 0, jobs.length];
      jobs.forEach((job, i) => jobArguments(args, locals[i]!, job));
      const answer = await this.insist(deadline, async () => {
        await this.lanes.know(lane);
        args[2] = calls.open.values().next().value ?? number;
        return (await this.lanes.send('enqueue', lane, args)) as string;
      });
      return readAnswer(answer, lane, jobs);
    } finally {
      calls.open.delete(number);
    }
  }

  /** Sends until there is an answer. After the deadline nothing is sent, as the caller is told that nothing was. */
  private async insist<T>(deadline: number, send: () => Promise<T>): Promise<T> {
    const { connection } = this.lanes;
    for (;;) {
      try {
        return await this.within(deadline, send());
      } catch (error) {
        const left = deadline - systemClock.monotonic();
        if (failureOf(error) !== 'away' || left <= 0) throw connection.translated(error);
        if (connection.ready) await systemClock.sleep(Math.min(50, left));
        else await connection.whenReady(left);
        if (systemClock.monotonic() >= deadline) throw connection.translated(error);
      }
    }
  }

  private within<T>(deadline: number, answer: Promise<T>): Promise<T> {
    const late = () => new StoreUnavailable(this.lanes.connection.url, { cause: new Error('the call timed out') });
    return within(systemClock, answer, Math.max(1, deadline - systemClock.monotonic()), late);
  }

  private callsTo({ queue, shard }: Lane): Calls {
    const name = `${queue}~${shard}`;
    let calls = this.calls.get(name);
    if (!calls) this.calls.set(name, (calls = { next: 1, open: new Set() }));
    return calls;
  }
}

/** Codes of `lua/enqueue.lua`. */
function readAnswer(answer: string, lane: Lane, jobs: NewJob[]): EnqueueAnswer[] {
  if (answer === 'r') return jobs.map(({ id }) => ({ id, created: true, state: 'ready' }));
  if (answer.startsWith('FULL ')) throw new QueueFull(lane.queue, Number(answer.slice(5)));
  return answer.split('\n').map((code, i) => {
    if (!code.startsWith('=')) return { id: jobs[i]!.id, created: true, state: stateOf(code) };
    const [holder, state, replaced] = code.slice(1).split(',');
    const found = { id: idOf(lane, holder!), created: false, state: stateOf(state!) };
    return replaced ? { ...found, replaced: true } : found;
  });
}
