import type { ManualClock } from '../../time/manual-clock.js';
import type { Due, ExchangeAnswer, Lane, NewJob, Settlement, Store, WorkerRecord } from '../store.js';
import type { Command, EndPlan, JobPlan } from './commands.js';
import { flowOf } from './flow-plans.js';
import { Promises } from './promises.js';
import { SchedulePlayer } from './schedule-player.js';

/** One question to a store: the same for both, and what the player learns from the answer. */
export interface Call {
  verb: keyof Store;
  args: unknown[];
  learn?: (answer: never) => void;
}

interface Claimed {
  id: string;
  fence: number;
  worker: string;
  lane: Lane;
  ended: boolean;
}

const lanes: Lane[] = [
  { queue: 'mill', shard: 0 },
  { queue: 'mill', shard: 1 },
  { queue: 'other', shard: 0 },
];

const queues = ['mill', 'other'];

/** Turns commands into calls: keeps the ids, holds and worker incarnations that a history has come to know. */
export class Player {
  /** Every id that was ever offered to the store. */
  readonly ids: string[] = [];
  readonly promises = new Promises();
  private readonly claims: Claimed[] = [];
  private readonly incarnations = [0, 0, 0];

  private readonly schedules: SchedulePlayer;

  constructor(private readonly clock: ManualClock) {
    this.schedules = new SchedulePlayer(clock);
  }

  /** The names that jobs of a history may have. */
  readonly names = lanes.map(({ queue }, lane) => ({ name: this.key(lane, 0).slice(1), queue }));

  *calls(command: Command): Generator<Call> {
    if (command.do === 'jump') this.clock.jump(command.ms);
    else if (command.do === 'exchange') yield* this.exchange(command);
    else if (command.do === 'lose') yield* this.lose(command);
    else if (command.do === 'chain') yield* this.chain(command);
    else yield this.call(command);
  }

  private call(command: Exclude<Command, { do: 'jump' | 'exchange' | 'lose' | 'chain' }>): Call {
    switch (command.do) {
      case 'enqueue':
        return call('enqueue', [command.jobs.map((plan) => this.job(plan, command.lane))]);
      case 'register':
        return call('register', [this.record(command.worker, command.lanes, command.lease)]);
      case 'retire':
        return call('retire', [this.worker(command.worker)], () => this.incarnations[command.worker]!++);
      case 'reconcile':
        return this.reconcile(command);
      case 'reap':
        return call('reap', [{ lane: lanes[command.lane]!, page: command.page }]);
      case 'prune': {
        const { lane, page, keepCount } = command;
        return call('prune', [{ lane: lanes[lane]!, page, keepCount }]);
      }
      case 'note': {
        const claim = this.claim(command.hold, (other) => command.stale || !other.ended);
        return call('note', [claim?.id ?? 'nobody', claim?.fence ?? 1, command.note]);
      }
      case 'cancel':
        return call('cancel', [this.byLane(command.jobs), { force: command.force, reason: command.reason }]);
      case 'retry':
      case 'remove':
        return call(command.do, [this.byLane(command.jobs)]);
      case 'reschedule':
        return call('reschedule', [this.some(command.jobs), this.due(command.due)]);
      case 'configure':
        return call('configure', [queues[command.queue]!, command.change]);
      case 'putSchedule':
        return call('putSchedule', this.schedules.put(command));
      case 'removeSchedule':
        return call('removeSchedule', this.schedules.remove(command));
      case 'fire':
        return call('fire', [
          command.firings.map((plan) =>
            this.schedules.fire(
              plan,
              plan.jobs.map((job) => this.firedJob(job)),
            ),
          ),
        ]);
    }
  }

  private *exchange({ worker, lane, settle, ...request }: Command & { do: 'exchange' }): Generator<Call> {
    const id = this.worker(worker);
    const endings = settle.flatMap((plan) => this.ending(plan, id, lanes[lane]!));
    yield call(
      'exchange',
      [
        {
          worker: id,
          lane: lanes[lane]!,
          settle: endings.map(({ settlement }) => settlement),
          want: request.want,
          alone: request.alone,
          lease: request.lease,
        },
      ],
      (answer: ExchangeAnswer) => {
        if (answer.gone) this.incarnations[worker]!++;
        answer.settled.forEach((state, index) => state !== 'stale' && (endings[index]!.claim.ended = true));
        this.promises.claimed(lanes[lane]!, answer.jobs, answer.now);
        for (const job of answer.jobs) {
          this.claims.push({ id: job.id, fence: job.fence, worker: id, lane: lanes[lane]!, ended: false });
        }
      },
    );
    // What follows in another shard may take a detour; it has arrived once the outbox is empty.
    if (endings.some(({ settlement }) => settlement.then)) yield { verb: 'relay', args: [lanes[lane]!] };
  }

  /** Time goes by while one worker beats, then the others are reaped. */
  private *lose({ lane, keeper, ms, page }: Command & { do: 'lose' }): Generator<Call> {
    for (let left = ms; left > 0; left -= 4000) {
      this.clock.jump(Math.min(left, 4000));
      yield* this.exchange({ do: 'exchange', worker: keeper, lane, settle: [], want: 0, alone: false, lease: 10_000 });
    }
    yield call('reap', [{ lane: lanes[lane]!, page }]);
  }

  /** A worker takes jobs, others begin to wait for them, and then they end. */
  private *chain({ worker, lane, children, settle }: Command & { do: 'chain' }): Generator<Call> {
    const talk = { do: 'exchange', worker, lane, alone: false, lease: 10_000 } as const;
    yield* this.exchange({ ...talk, settle: [], want: 3 });
    for (const child of children) yield call('enqueue', [[this.job(child, child.lane)]]);
    yield* this.exchange({ ...talk, settle, want: 2 });
  }

  private reconcile({ worker, lane, forgets }: Command & { do: 'reconcile' }): Call {
    const id = this.worker(worker);
    const held = this.claims.filter((claim) => claim.worker === id && claim.lane === lanes[lane] && !claim.ended);
    const known = held.slice(forgets).map(({ id, fence }) => ({ id, fence }));
    return call('reconcile', [id, lanes[lane]!, known]);
  }

  private job(plan: JobPlan, lane: number): NewJob {
    const again = plan.again === undefined ? undefined : this.one(plan.again);
    const repeats = again?.startsWith(`${lanes[lane]!.queue}~${lanes[lane]!.shard}~`);
    return {
      id: repeats ? again! : this.id(lanes[lane]!),
      after: plan.after && this.parents(plan.after),
      anyEnding: plan.anyEnding,
      ...flowOf(plan.flow),
      body: this.body(this.ids.length),
      priority: plan.priority,
      due: this.due(plan.due),
      expires: this.due(plan.expires),
      keys: plan.keys.map(({ key, until }) => ({ key: this.key(lane, key), until })),
      onDuplicate: plan.onDuplicate,
      replaces: plan.replaces === undefined ? undefined : plan.replaces === 3 ? '' : this.body(plan.replaces),
      maxWait: plan.maxWait,
      crashLimit: plan.crashLimit,
      attempts: plan.attempts,
      tags: plan.tags,
    };
  }

  /** Of a slot, so its times are absolute. */
  private firedJob(plan: JobPlan & { lane: number }): NewJob {
    const { due, expires, ...job } = this.job(plan, plan.lane);
    return { ...job, due: this.absolute(due), expires: this.absolute(expires) };
  }

  private ending(plan: EndPlan, worker: string, lane: Lane): { settlement: Settlement; claim: Claimed }[] {
    const mine = (claim: Claimed) => claim.worker === worker && claim.lane === lane && !claim.ended;
    const claim = this.claim(plan.hold, (other) => plan.stale || mine(other));
    if (!claim) return [];
    const then = plan.then.length > 0 ? plan.then.map((job) => this.job(job, job.lane)) : undefined;
    const hold = { id: claim.id, fence: claim.fence, then };
    return [{ claim, settlement: { ...hold, ...outcomeOf(plan) } }];
  }

  private record(worker: number, lanesOf: number[], lease: number): WorkerRecord {
    const id = this.worker(worker);
    return {
      id,
      name: `worker ${worker}`,
      host: 'host',
      pid: 1,
      version: '0.1.0',
      startedAt: this.clock.now(),
      queues: [...new Set(lanesOf.map((lane) => lanes[lane]!.queue))],
      lanes: lanesOf.map((lane) => lanes[lane]!),
      tasks: ['grind'],
      concurrency: 10,
      lease,
    };
  }

  /** Ids of workers are never reused: once gone, the next incarnation begins. */
  private worker(number: number): string {
    return `w${number}-${this.incarnations[number]}`;
  }

  private id({ queue, shard }: Lane): string {
    const id = `${queue}~${shard}~${String(this.ids.length + 1).padStart(24, '0')}`;
    this.ids.push(id);
    return id;
  }

  /** Few, so that one may guess the body of another. */
  private body(number: number): string {
    return `body ${number % 3}`;
  }

  /** The first is a name. */
  private key(lane: number, key: number): string {
    return key === 0 ? `=name ${lane}` : `key ${key}`;
  }

  private due(due: Due | undefined): Due | undefined {
    return due && 'at' in due ? { at: this.clock.now() + due.at } : due;
  }

  private absolute(due: Due | undefined): Due | undefined {
    return due && 'in' in due ? { at: this.clock.now() + due.in } : due;
  }

  private one(number: number): string {
    return this.ids[number % this.ids.length] ?? 'nobody';
  }

  /** From the newest backwards, so that histories meet the same jobs again. */
  private some(numbers: number[]): string[] {
    return numbers.map((number) => this.ids.at(-1 - (number % Math.max(1, this.ids.length))) ?? 'nobody');
  }

  /** The same, lane by lane: what ends in two lanes at once is heard of elsewhere in the order of the lanes, not of the ids. */
  private byLane(numbers: number[]): string[] {
    const picked = this.some(numbers);
    const laneOf = (id: string) => id.slice(0, id.lastIndexOf('~'));
    const lanes = [...new Set(picked.map(laneOf))];
    return lanes.flatMap((lane) => picked.filter((id) => laneOf(id) === lane));
  }

  /** Mostly jobs that run, for these may still complete; else any, ended or never stored as they may be. */
  private parents(numbers: number[]): string[] {
    const picked = numbers.map((number) => {
      const running = number % 4 === 0 ? undefined : this.claim(number, (claim) => !claim.ended)?.id;
      return running ?? this.some([number])[0]!;
    });
    return picked.filter((id) => id !== 'nobody');
  }

  private claim(number: number, fits: (claim: Claimed) => boolean): Claimed | undefined {
    const fitting = this.claims.filter(fits);
    return fitting[number % fitting.length];
  }
}

function outcomeOf({ outcome, keep, waits, in: wait }: EndPlan) {
  switch (outcome) {
    case 'completed':
      return { outcome, result: 'result', keep };
    case 'retry':
      return { outcome, in: wait, error: 'oops' };
    case 'snoozed':
      return { outcome, in: wait, pause: waits };
    case 'failed':
      return { outcome, reason: 'exhausted', error: 'boom' };
    case 'cancelled':
      return { outcome, reason: 'request', error: waits ? 'stopped' : undefined };
    case 'released':
      return waits ? { outcome, in: wait, why: 'unknown-task' as const } : { outcome };
  }
}

function call<V extends keyof Store>(
  verb: V,
  args: Store[V] extends (...args: infer A) => unknown ? A : never,
  learn?: (answer: never) => void,
): Call {
  return { verb, args, learn };
}
