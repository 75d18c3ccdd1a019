import { median, spreadOf } from './support/statistics.js';

export const storeKinds = ['redis', 'sqlite', 'memory'] as const;
export type StoreKind = (typeof storeKinds)[number];

/** What one measurement gives: a number per metric of its scenario. */
export type Sample = Record<string, number>;

/** Of several figures the first is the headline. */
export interface Metric {
  readonly name: string;
  /** `jobs/s`, `ms`, `bytes`, `µs`. */
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** Several: all of them. */
  readonly target?: Target | readonly Target[];
}

export interface Target {
  readonly text: string;
  /** `undefined`: says nothing about this figure, as the peer it names was not measured. */
  met(figure: Figure, others: readonly Figure[]): boolean | undefined;
}

/** One thing to measure, the same way for every contestant. */
export interface Scenario {
  readonly name: string;
  /** What it measures, in a sentence. */
  readonly says: string;
  readonly stores: readonly StoreKind[];
  readonly metrics: readonly [Metric, ...Metric[]];
  /** Who takes part on that store: `millrace` and its peers. */
  contestants(store: StoreKind): readonly string[];
  /** Sentences about who is left out and why; said where there are peers at all. */
  readonly without?: readonly string[];
  /** Size of one measurement unless `--jobs` says otherwise. Scenarios without jobs leave it out. */
  readonly jobs?: number;
  /** Default 5. */
  readonly rounds?: number;
  measure(turn: Turn): Promise<Sample>;
}

/** One measurement of one contestant, in a store that is empty and its own. */
export interface Turn {
  readonly contestant: string;
  readonly store: StoreKind;
  /** Where the jobs live: an empty `redis://…`, `sqlite:…` or `memory:`. */
  readonly url: string;
  readonly jobs: number;
  /** A measurement of its own within the turn: in another empty store, everything gone when it is over. */
  part<T>(store: StoreKind, measure: (part: Turn) => Promise<T>): Promise<T>;
  /** Called when the turn is over, however it ended; the last one first. */
  onEnd(clearUp: () => unknown): void;
}

/** One metric of all contestants: medians, and how many times better we are. */
export interface Figure {
  readonly metric: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  /** Times better than the peer: 2 is twice the rate, or half the time or cost. */
  readonly ratio: Readonly<Record<string, number>>;
  /** Least and most of all rounds, by `ours` and the names of the peers. */
  readonly spread: Readonly<Record<string, readonly [number, number]>>;
  readonly target?: { readonly text: string; readonly met: boolean };
}

/** A scenario on one store: its headline, and more figures where it has them. */
export interface Result extends Figure {
  readonly scenario: string;
  readonly says: string;
  readonly store: StoreKind;
  readonly rounds: number;
  readonly jobs?: number;
  readonly more?: readonly Figure[];
  readonly without?: readonly string[];
}

export const ours = 'millrace';

/** What the runner needs from the outside. */
export interface Stage {
  /** Gives a turn its stores, runs `measure`, and clears up whatever happened. */
  play(scenario: Scenario, store: StoreKind, contestant: string, jobs: number): Promise<Sample>;
  /** Told before each turn, and after it with its sample. */
  progress(step: Step): void;
}

export interface Step {
  readonly scenario: Scenario;
  readonly store: StoreKind;
  readonly contestant: string;
  readonly round: number;
  readonly rounds: number;
  readonly sample?: Sample;
}

export interface Asked {
  readonly jobs?: number;
  readonly rounds?: number;
}

/**
 * Measures all contestants in turn, round by round, so that a machine that drifts drifts for all of them. Every other
 * round goes backwards, as the one who follows a busy neighbour may pay for it.
 */
export async function run(scenario: Scenario, store: StoreKind, stage: Stage, asked: Asked = {}): Promise<Result> {
  const rounds = asked.rounds ?? scenario.rounds ?? 5;
  const jobs = asked.jobs ?? scenario.jobs ?? 0;
  const samples = new Map<string, Sample[]>(scenario.contestants(store).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    const order = [...samples.keys()];
    for (const contestant of round % 2 ? order : order.reverse()) {
      const step = { scenario, store, contestant, round, rounds };
      stage.progress(step);
      const sample = await stage.play(scenario, store, contestant, jobs);
      samples.get(contestant)!.push(sample);
      stage.progress({ ...step, sample });
    }
  }
  return resultOf(scenario, store, { rounds, jobs }, samples);
}

export function resultOf(
  scenario: Scenario,
  store: StoreKind,
  { rounds, jobs }: { rounds: number; jobs: number },
  samples: Samples,
): Result {
  const metrics = scenario.metrics.filter(({ name }) => valuesOf(samples, ours, name).length > 0);
  const plain = metrics.map((metric) => figureOf(metric, samples));
  const judged = plain.map((figure, i) => withTarget(figure, metrics[i]!, plain));
  const [headline, ...more] = judged;
  return {
    scenario: scenario.name,
    says: scenario.says,
    store,
    ...headline!,
    rounds,
    ...(jobs > 0 && { jobs }),
    ...(more.length > 0 && { more }),
    ...(scenario.without && samples.size > 1 && { without: scenario.without }),
  };
}

type Samples = ReadonlyMap<string, readonly Sample[]>;

/** Of all rounds; none where a metric does not concern the contestant, or the store. */
function valuesOf(samples: Samples, contestant: string, metric: string): number[] {
  return (samples.get(contestant) ?? []).map((sample) => sample[metric]).filter((value) => value !== undefined);
}

function figureOf({ name, unit, better }: Metric, samples: Samples): Figure {
  const peers: Record<string, number> = {};
  const ratio: Record<string, number> = {};
  const spread: Record<string, readonly [number, number]> = {};
  const mine = valuesOf(samples, ours, name);
  const own = median(mine);
  spread.ours = spreadOf(mine);
  for (const peer of samples.keys()) {
    const values = valuesOf(samples, peer, name);
    if (peer === ours || values.length === 0) continue;
    peers[peer] = median(values);
    ratio[peer] = better === 'more' ? own / peers[peer] : peers[peer] / own;
    spread[peer] = spreadOf(values);
  }
  return { metric: name, unit, better, ours: own, peers, ratio, spread };
}

function withTarget(figure: Figure, { target = [] }: Metric, all: readonly Figure[]): Figure {
  const judged = [target].flat().map(({ text, met }) => ({ text, met: met(figure, all) }));
  const spoken = judged.filter(({ met }) => met !== undefined);
  if (spoken.length === 0) return figure;
  const text = spoken.map(({ text }) => text).join(', ');
  return { ...figure, target: { text, met: spoken.every(({ met }) => met) } };
}
