import type { Figure, Result } from '../scenario.js';
import { type Chart, drawn } from './chart.js';
import { shown, titleOf } from './words.js';

/** A picture of the page: its file, and its words for those who do not see it. */
export interface Picture {
  readonly file: string;
  readonly alt: string;
  readonly svg: string;
}

/** One group of bars, or one place on the line. */
interface Point {
  label: string;
  figure: Figure;
}

interface Plan {
  file: string;
  title: string;
  kind?: Chart['kind'];
  points(results: Results): Point[];
}

const plans = {
  add: {
    file: 'add.svg',
    title: 'Adding jobs',
    points: (r) => [
      ...r.headline('add', 'one by one'),
      ...r.headline('add-concurrent', '10,000 together'),
      ...r.headline('add-bulk', 'in bulk'),
    ],
  },
  process: {
    file: 'process.svg',
    title: 'Running jobs, by concurrency',
    points: (r) => [
      ...r.headline('process-1', '1'),
      ...r.headline('process-10', '10'),
      ...r.headline('process-100', '100'),
      ...r.headline('process-keep-100', '100, results kept'),
      ...r.headline('process-nest-100', '100, validated'),
    ],
  },
  latency: {
    file: 'latency.svg',
    title: 'From enqueue to the start of the handler',
    points: (r) => [...r.all('latency', 'ms', 'idle, '), ...r.all('latency-loaded', 'ms', 'at half load, ')],
  },
  redisCpu: {
    file: 'redis-cpu.svg',
    title: 'Processor time of Redis per job',
    points: (r) => r.all('redis-cpu', 'µs'),
  },
  memory: {
    file: 'memory.svg',
    title: 'Memory of Redis per job',
    points: (r) => r.all('memory', 'bytes'),
  },
  backlog: {
    file: 'backlog.svg',
    title: 'Running jobs, by how many wait',
    kind: 'lines',
    points: (r) => r.all('backlog', 'jobs/s'),
  },
  workers: {
    file: 'workers.svg',
    title: 'Running jobs, by worker processes',
    kind: 'lines',
    points: (r) => r.all('workers', 'jobs/s'),
  },
} satisfies Record<string, Plan>;

export type PictureName = keyof typeof plans;

/** All that these results have figures for, on Redis. */
export function picturesOf(all: readonly Result[]): Partial<Record<PictureName, Picture>> {
  const results = new Results(all.filter(({ store }) => store === 'redis'));
  const pictures: Partial<Record<PictureName, Picture>> = {};
  for (const [name, plan] of Object.entries(plans) as [PictureName, Plan][]) {
    const points = plan.points(results);
    if (points.length > 0) pictures[name] = pictureOf(plan, points);
  }
  return pictures;
}

class Results {
  constructor(private readonly results: readonly Result[]) {}

  headline(scenario: string, label: string): Point[] {
    const figure = this.results.find((result) => result.scenario === scenario);
    return figure ? [{ label, figure }] : [];
  }

  /** Every figure of a scenario in that unit, called by its metric. */
  all(scenario: string, unit: string, prefix = ''): Point[] {
    const result = this.results.find((result) => result.scenario === scenario);
    if (!result) return [];
    const figures = [result, ...(result.more ?? [])].filter((figure) => figure.unit === unit);
    return figures.map((figure) => ({ label: prefix + figure.metric, figure }));
  }
}

function pictureOf({ file, title, kind = 'bars' }: Plan, points: Point[]): Picture {
  const unit = points[0]!.figure.unit;
  const better = points[0]!.figure.better === 'more' ? 'more is better' : 'less is better';
  const names = points.flatMap(({ figure }) => ['ours', ...Object.keys(figure.peers)].map(titleOf));
  const rows = [...new Set(names)].map((name) => ({
    name,
    values: points.map(({ figure }) => valueOf(figure, name)),
  }));
  const labels = points.map(({ label }) => label);
  return {
    file,
    alt: `${title}, ${unit}. ${labels.map((label, i) => `${label}: ${spoken(rows, i)}`).join('; ')}.`,
    svg: drawn({ kind, title, unit: `${unit}, ${better}`, labels, rows, shown }),
  };
}

function valueOf({ ours, peers }: Figure, name: string): number | undefined {
  const [, value] = Object.entries({ ours, ...peers }).find(([contestant]) => titleOf(contestant) === name) ?? [];
  return Number.isFinite(value) ? value : undefined;
}

function spoken(rows: Chart['rows'], place: number): string {
  const parts = rows.map(({ name, values }) => ({ name, value: values[place] }));
  return parts
    .filter(({ value }) => value !== undefined)
    .map(({ name, value }) => `${name} ${shown(value!)}`)
    .join(', ');
}
