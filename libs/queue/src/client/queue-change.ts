import { ConfigInvalid } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import { priorities, type Priority } from '../job/state.js';
import type { QueueSettings, SettingsChange, TaskSettings } from '../store/store.js';
import { checkRate, checkWhole } from '../task/check-value.js';
import type { RateLimit } from '../time/rate.js';

/** What may be changed of a queue while everything runs. What is not named stays; `null` clears. */
export interface QueueChange {
  /** Enqueueing goes on, nothing is taken. */
  paused?: boolean;
  /** Jobs that may be ready or scheduled; beyond it `QueueFull`. */
  maxReady?: number | null;
  /** Jobs that may be active at once, of all workers together. */
  maxActive?: number | null;
  /** Attempts that may begin, of all workers together: `'100/s'`, or `{ limit: '100/s', burst: 20 }`. */
  rate?: RateLimit | null;
  /** Shares of the priorities while all of them have jobs, each from 1 to 100. Default: the highest first, and one take in 16 for the lowest. */
  weights?: Record<Priority, number> | null;
}

/** What may be changed of a task in one queue while everything runs. It comes before what its contract says. */
export interface TaskChange {
  /** Its jobs are accepted, and none begins. */
  paused?: boolean;
  /** Jobs that may be active at once; `null` is no bound, whatever the contract says. */
  maxActive?: number | null;
  /** Attempts that may begin; `null` is no bound, whatever the contract says. */
  rate?: RateLimit | null;
  /** Of each of its groups; `null` is no bound, whatever the contract says. */
  group?: { maxActive?: number | null; rate?: RateLimit | null };
}

/** Settings of a queue as people wrote them. */
export interface QueueSettingsView extends Required<Omit<QueueChange, 'rate'>> {
  /** `100/s`, `10/m, burst 5`. */
  rate: string | null;
  /** What was said of single tasks, by name. */
  tasks: Record<string, TaskSettingsView>;
}

/** What was said of one task; what was not is absent. */
export interface TaskSettingsView {
  paused?: boolean;
  maxActive?: number | null;
  rate?: string | null;
  group?: { maxActive?: number | null; rate?: string | null };
}

const mostReady = 1e9;

/** For the store. Throws `ConfigInvalid` at the first setting that is unknown or out of range. */
export function queueChange(change: QueueChange): SettingsChange {
  checkOptions('', change, ['paused', 'maxReady', 'maxActive', 'rate', 'weights']);
  const { paused, maxReady, maxActive, rate, weights } = change;
  const settings: SettingsChange = {};
  if (paused !== undefined) settings.paused = flag('paused', paused);
  if (maxReady !== undefined) settings.maxReady = count('maxReady', maxReady, 0, mostReady);
  if (maxActive !== undefined) settings.maxActive = count('maxActive', maxActive, 1, limits.maxActive);
  if (rate !== undefined) settings.rate = rate === null ? null : checkRate('rate', rate);
  if (weights !== undefined) settings.weights = weights === null ? null : weightsOf(weights);
  return settings;
}

/** The same for a task; `null` takes back all that was said of it. */
export function taskChange(change: TaskChange | null): TaskSettings | null {
  if (change === null) return null;
  checkOptions('', change, ['paused', 'maxActive', 'rate', 'group']);
  const { paused, group } = change;
  const settings: TaskSettings = boundsOf('', change);
  if (paused !== undefined) settings.paused = flag('paused', paused);
  if (group === undefined) return settings;
  checkOptions('group', group, ['maxActive', 'rate']);
  return { ...settings, group: boundsOf('group.', group) };
}

export function queueSettingsView({ rate, weights, tasks, ...rest }: QueueSettings): QueueSettingsView {
  return {
    ...rest,
    rate: rate && rate.text,
    weights:
      weights && (Object.fromEntries(priorities.map((name, i) => [name, weights[i]])) as Record<Priority, number>),
    tasks: Object.fromEntries(Object.entries(tasks).map(([task, settings]) => [task, taskSettingsView(settings)])),
  };
}

export function taskSettingsView({ paused, group, ...bounds }: TaskSettings): TaskSettingsView {
  const view: TaskSettingsView = boundsView(bounds);
  if (paused !== undefined) view.paused = paused;
  if (group) view.group = boundsView(group);
  return view;
}

function boundsOf(where: '' | 'group.', { maxActive, rate }: NonNullable<TaskChange['group']>) {
  const bounds: NonNullable<TaskSettings['group']> = {};
  if (maxActive !== undefined) bounds.max = count(`${where}maxActive`, maxActive, 1, limits.maxActive);
  if (rate !== undefined) bounds.rate = rate === null ? null : checkRate(`${where}rate`, rate);
  return bounds;
}

function boundsView({ max, rate }: NonNullable<TaskSettings['group']>): NonNullable<TaskSettingsView['group']> {
  return {
    ...(max === undefined ? {} : { maxActive: max }),
    ...(rate === undefined ? {} : { rate: rate && rate.text }),
  };
}

function weightsOf(weights: Record<Priority, number>): [number, number, number, number] {
  checkOptions('weights', weights, priorities);
  for (const name of priorities) checkWhole(`weights.${name}`, weights[name], 1, limits.weight);
  return [weights.urgent, weights.high, weights.normal, weights.low];
}

function flag(where: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new ConfigInvalid(where, `${where}: must be true or false, not ${String(value)}.`);
}

function count(where: string, value: number | null, least: number, most: number): number | null {
  if (value !== null) checkWhole(where, value, least, most);
  return value;
}
