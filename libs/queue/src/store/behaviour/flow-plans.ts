import * as fc from 'fast-check';
import type { Gate, NewJob, QueueSettings, Rate, SettingsChange, TaskSettings } from '../store.js';

/** Which task a job of a random history is of, and which gates it has. */
export interface FlowPlan {
  task: number;
  gates: Gate[];
  /** Instead: the gates that all jobs have in common whose maker says so, by name. Settings never speak of them. */
  steady?: keyof typeof steadyGates;
}

/** The one is how the other begins. Settings speak of these. */
const tasks = ['grind', 'grind +'];

/** Settings never speak of this one. */
const steadyTask = 'sift';

/** Few, so that jobs meet; the one is how the other begins. */
const keys = ['k', 'k +'];

/** Of these it can be told from outside what they must keep to. */
export const steadyGates = {
  few: { kind: 'group', key: 'few', max: 2 },
  slow: { kind: 'group', key: 'slow', rate: rate(1_000_000, 1), turn: 3 },
  both: { kind: 'group', key: 'both', max: 1, rate: rate(333_333, 0) },
} satisfies Record<string, Gate>;

function rate(interval: number, more: number): Rate {
  return { interval, slack: more * interval, text: `${more + 1} in ${interval} µs` };
}

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const seldom = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });

const rates = fc
  .tuple(fc.constantFrom(333_333, 500_000, 1_000_000, 1_000_000, 5_000_000), fc.constantFrom(0, 0, 1, 3))
  .map(([interval, more]) => rate(interval, more));
const max = fc.constantFrom(1, 1, 2, 3);

const orderGate: fc.Arbitrary<Gate> = fc
  .record({ key: fc.constantFrom(...keys), holdFailed: maybe(fc.boolean()), rate: seldom(rates) })
  .map((terms) => ({ kind: 'order', ...terms }));

const groupGate: fc.Arbitrary<Gate> = fc
  .record({
    key: fc.constantFrom('k', 'k', 'k', 'k +'),
    max: maybe(max),
    rate: maybe(rates),
    turn: maybe(fc.constantFrom(1, 1, 2)),
  })
  .map((terms) => ({ kind: 'group', ...terms }));

const taskGate = fc.record({ max: maybe(max), rate: maybe(rates), turn: seldom(fc.constant(1)) });

/** Half of the jobs have none. */
export const flowPlan: fc.Arbitrary<FlowPlan> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ task: fc.constantFrom(0, 0, 0, 1), gates: fc.constant<Gate[]>([]) }) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.constantFrom(0, 0, 1), maybe(orderGate), maybe(groupGate), maybe(taskGate))
      .map(([task, order, group, terms]) => ({
        task,
        gates: [order, group, terms && { kind: 'task' as const, key: tasks[task]!, ...terms }].filter(
          (gate) => gate !== undefined,
        ),
      })),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(seldom(orderGate), fc.constantFrom(...(Object.keys(steadyGates) as (keyof typeof steadyGates)[])))
      .map(([order, steady]) => ({ task: 0, gates: order ? [order] : [], steady })),
  },
);

/** Its `parent` tells a look from outside which steady gate it has, and its `root` which order. */
export function flowOf({ task, gates, steady }: FlowPlan): Pick<NewJob, 'task' | 'gates' | 'parent' | 'root'> {
  const root = gates.find(({ kind }) => kind === 'order')?.key;
  if (steady) return { task: steadyTask, gates: [...gates, steadyGates[steady]], parent: steady, root };
  return { task: tasks[task]!, gates: gates.length > 0 ? gates : undefined, root };
}

const taskSettings: fc.Arbitrary<TaskSettings | null> = fc.option(
  fc.record({
    paused: fc.constantFrom(undefined, undefined, false, true),
    max: fc.option(fc.option(max), { nil: undefined }),
    rate: fc.option(fc.option(rates), { nil: undefined }),
    group: maybe(
      fc.record({
        max: fc.option(fc.option(max), { nil: undefined }),
        rate: fc.option(fc.option(rates), { nil: undefined }),
      }),
    ),
  }),
  { freq: 3 },
);

/** What a history says of a queue, paused and `maxReady` apart. */
export const flowSettings: fc.Arbitrary<SettingsChange> = fc.record({
  maxActive: fc.constantFrom(undefined, undefined, null, null, 1, 3),
  rate: fc.oneof(fc.constantFrom(undefined, undefined, null, null), rates),
  weights: fc.constantFrom<(QueueSettings['weights'] | undefined)[]>(
    undefined,
    null,
    [8, 4, 2, 1],
    [1, 1, 1, 1],
    [0, 1, 0, 3],
  ),
  tasks: maybe(fc.dictionary(fc.constantFrom(...tasks), taskSettings, { maxKeys: 2 })),
});
