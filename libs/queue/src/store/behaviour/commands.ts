import * as fc from 'fast-check';
import type { Due, NewJob, SettingsChange, SlotOutcome, UniqueKey } from '../store.js';
import { type FlowPlan, flowPlan, flowSettings } from './flow-plans.js';

/**
 * What a random history is made of: plain data, so that a counterexample can be read and shrunk. Jobs, holds and lanes
 * are numbers that the player resolves against what it has seen so far; times are resolved when the command is played.
 */
export type Command =
  | { do: 'enqueue'; lane: number; jobs: JobPlan[] }
  | { do: 'exchange'; worker: number; lane: number; want: number; alone: boolean; lease: number; settle: EndPlan[] }
  | { do: 'register'; worker: number; lanes: number[]; lease: number }
  | { do: 'retire'; worker: number }
  | { do: 'reconcile'; worker: number; lane: number; forgets: number }
  | { do: 'reap'; lane: number; page?: number }
  | { do: 'lose'; lane: number; keeper: number; ms: number; page?: number }
  | { do: 'chain'; worker: number; lane: number; children: (JobPlan & { lane: number })[]; settle: EndPlan[] }
  | { do: 'prune'; lane: number; page?: number; keepCount?: number }
  | { do: 'note'; hold: number; stale: boolean; note: NotePlan }
  | { do: 'cancel'; jobs: number[]; force: boolean; reason?: string }
  | { do: 'retry' | 'remove'; jobs: number[] }
  | { do: 'reschedule'; jobs: number[]; due?: Due }
  | { do: 'configure'; queue: number; change: SettingsChange }
  | { do: 'putSchedule'; schedule: number; owner?: number; next?: number; stale: boolean }
  | { do: 'removeSchedule'; schedule: number; seen: boolean; stale: boolean }
  | { do: 'fire'; firings: FirePlan[] }
  | { do: 'jump'; ms: number };

export interface JobPlan {
  priority: number;
  due?: Due;
  expires?: Due;
  keys: { key: number; until: UniqueKey['until'] }[];
  onDuplicate: NewJob['onDuplicate'];
  /** The number of a body, or 3 for none. */
  replaces?: number;
  maxWait?: number;
  crashLimit?: number;
  attempts?: number;
  tags?: string[];
  flow: FlowPlan;
  /** Waits for jobs of any lane. */
  after?: number[];
  anyEnding: boolean;
  /** Enqueues the id of an earlier job again. */
  again?: number;
}

export interface EndPlan {
  hold: number;
  /** Any hold there ever was, instead of one this worker has. */
  stale: boolean;
  outcome: 'completed' | 'retry' | 'snoozed' | 'failed' | 'cancelled' | 'released';
  in: number;
  /** With `released`: whether it waits at all; with `snoozed`: whether its group does. */
  waits: boolean;
  keep?: number;
  then: (JobPlan & { lane: number })[];
}

export interface FirePlan {
  schedule: number;
  /** Seen before the latest change. */
  stale: boolean;
  slots: SlotOutcome[];
  missed?: number;
  jobs: (JobPlan & { lane: number })[];
  /** Deals with no slot. */
  byHand: boolean;
  /** Milliseconds from the latest slot to the next one; none while paused. */
  next?: number;
  finished: boolean;
}

export interface NotePlan {
  progress?: string;
  log?: string[];
  checkpoint?: string;
  step?: { name: string; result: string };
}

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
const rarely = fc.nat(9).map((n) => n === 9);

const wait = fc.constantFrom(-1, 0, 1, 500, 1000, 5000, 20_000, 70_000);
const due: fc.Arbitrary<Due> = fc.oneof(
  wait.map((ms) => ({ in: ms })),
  wait.map((ms) => ({ at: ms })),
);
const pick = fc.nat(40);
const picks = fc.array(pick, { minLength: 1, maxLength: 3 });
const laneNumber = fc.constantFrom(0, 0, 0, 0, 1, 2);
const worker = fc.nat(2);
const lease = fc.constantFrom(10_000, 10_000, 30_000);
const page = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined, freq: 2 });

const jobPlan: fc.Arbitrary<JobPlan> = fc.record({
  priority: fc.constantFrom(0, 1, 2, 2, 2, 3),
  due: maybe(due),
  expires: seldom(due),
  keys: fc.oneof(
    { weight: 2, arbitrary: fc.constant<JobPlan['keys']>([]) },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(
        fc.record({
          key: fc.nat(3),
          until: fc.constantFrom<UniqueKey['until']>('started', 'settled', 'kept', 0, 1000, 20_000),
        }),
        { minLength: 1, maxLength: 2, selector: ({ key }) => key },
      ),
    },
  ),
  onDuplicate: fc.constantFrom('return', 'replace', 'replace', 'extend', 'follow', 'follow'),
  replaces: seldom(fc.nat(3)),
  maxWait: seldom(fc.constantFrom(0, 1000, 10_000)),
  crashLimit: maybe(fc.constantFrom(1, 2, 2, 3)),
  attempts: seldom(fc.nat(2)),
  tags: seldom(fc.constantFrom(['x'], ['x', 'y'])),
  flow: flowPlan,
  after: fc.oneof(
    { weight: 6, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.array(fc.nat(15), { minLength: 1, maxLength: 2 }) },
  ),
  anyEnding: fc.boolean(),
  again: seldom(pick).map((n) => (n !== undefined && n % 3 === 0 ? n : undefined)),
});

const endPlan: fc.Arbitrary<EndPlan> = fc.record({
  hold: pick,
  stale: rarely,
  outcome: fc.constantFrom('completed', 'completed', 'retry', 'retry', 'snoozed', 'failed', 'cancelled', 'released'),
  in: wait,
  waits: fc.boolean(),
  keep: maybe(fc.constantFrom(0, 1000, 60_000, Infinity)),
  then: fc.oneof(
    { weight: 5, arbitrary: fc.constant<EndPlan['then']>([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.tuple(jobPlan, laneNumber).map(([plan, lane]) => ({ ...plan, again: undefined, lane })),
        { minLength: 1, maxLength: 2 },
      ),
    },
  ),
});

/** Mostly completed, as what waits for a job wants it to be. */
const goodEnd = fc
  .tuple(endPlan, fc.nat(3))
  .map(([plan, luck]): EndPlan => (luck === 0 ? plan : { ...plan, outcome: 'completed', stale: false }));

const firePlan: fc.Arbitrary<FirePlan> = fc.record({
  schedule: fc.nat(4),
  stale: rarely,
  slots: fc.array(fc.constantFrom<SlotOutcome>('enqueued', 'enqueued', 'skipped', 'missed'), { maxLength: 12 }),
  missed: maybe(fc.nat(3)),
  jobs: fc.array(
    fc.tuple(jobPlan, laneNumber).map(([plan, lane]) => ({ ...plan, lane })),
    { maxLength: 2 },
  ),
  byHand: rarely,
  next: fc.option(fc.constantFrom(1, 1000, 5000, 70_000), { nil: undefined, freq: 8 }),
  finished: rarely,
});

const notePlan: fc.Arbitrary<NotePlan> = fc.record({
  progress: maybe(fc.constantFrom('1', '{"percent":50}')),
  log: maybe(fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 })),
  checkpoint: maybe(fc.constantFrom('c1', 'c2')),
  step: maybe(fc.record({ name: fc.constantFrom('s1', 's2'), result: fc.constantFrom('1', '2') })),
});

const command = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('enqueue' as const),
      lane: laneNumber,
      jobs: fc.oneof(
        { weight: 4, arbitrary: fc.array(jobPlan, { minLength: 1, maxLength: 4 }) },
        { weight: 1, arbitrary: fc.array(jobPlan, { minLength: 8, maxLength: 16 }) },
      ),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('exchange' as const),
      worker,
      lane: laneNumber,
      want: fc.constantFrom(0, 1, 1, 2, 3, 4, 17),
      alone: fc.boolean(),
      lease,
      settle: fc.array(endPlan, { maxLength: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('register' as const),
      worker,
      lanes: fc.constantFrom([0], [0, 1], [0, 1, 2], [2, 0]),
      lease,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retire' as const), worker }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reconcile' as const), worker, lane: laneNumber, forgets: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reap' as const), lane: laneNumber, page }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('lose' as const),
      lane: laneNumber,
      keeper: worker,
      ms: fc.constantFrom(4000, 10_001, 12_000, 31_000),
      page,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('chain' as const),
      worker: fc.constant(0),
      lane: laneNumber,
      children: fc.array(
        fc
          .tuple(jobPlan, fc.constantFrom(0, 1, 2), fc.array(fc.nat(15), { minLength: 1, maxLength: 2 }))
          .map(([plan, lane, after]) => ({ ...plan, again: undefined, after, lane })),
        { minLength: 1, maxLength: 4 },
      ),
      settle: fc.array(goodEnd, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('prune' as const),
      lane: laneNumber,
      page,
      keepCount: fc.option(fc.nat(2), { nil: undefined, freq: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('note' as const), hold: pick, stale: fc.boolean(), note: notePlan }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('cancel' as const),
      jobs: picks,
      force: rarely,
      reason: maybe(fc.constantFrom('enough', 'dependency')),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('retry' as const), jobs: picks }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), jobs: picks }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('reschedule' as const), jobs: picks, due: maybe(due) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('configure' as const),
      queue: fc.constantFrom(0, 0, 0, 1),
      change: fc
        .tuple(
          fc.record({
            paused: fc.constantFrom(undefined, undefined, undefined, false, false, true),
            maxReady: fc.constantFrom(undefined, undefined, null, null, 3, 10),
          }),
          flowSettings,
        )
        .map(([change, flow]) => ({ ...change, ...flow })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('putSchedule' as const),
      schedule: fc.nat(4),
      owner: maybe(fc.nat(1)),
      next: fc.option(wait, { nil: undefined, freq: 5 }),
      stale: rarely,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('removeSchedule' as const),
      schedule: fc.nat(4),
      seen: fc.boolean(),
      stale: rarely,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('fire' as const),
      firings: fc.array(firePlan, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('jump' as const), ms: fc.constantFrom(1, 500, 1000, 4000, 5000, 20_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('jump' as const),
      ms: fc.constantFrom(-500, -5000, -3_600_000, 3_600_000, 8 * 24 * 3_600_000),
    }),
  },
);

const opening: Command[] = [
  { do: 'register', worker: 0, lanes: [0, 1, 2], lease: 10_000 },
  { do: 'register', worker: 1, lanes: [0], lease: 10_000 },
];

/** Two workers begin, then anything may happen. */
export const histories: fc.Arbitrary<Command[]> = fc
  .array(command, { minLength: 5, maxLength: 50, size: 'max' })
  .map((commands) => [...opening, ...(commands as Command[])]);
