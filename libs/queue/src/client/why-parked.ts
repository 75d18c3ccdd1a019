import type { JobView } from '../job/view.js';
import type { Gate, JobRecord, TaskSettings } from '../store/store.js';
import { formatDuration } from '../time/duration.js';

/** A gate with what holds of it: the settings of its task come before what it says itself. */
interface Bounds {
  max?: number | null;
  rate?: { text: string } | null;
}

type Parked = NonNullable<JobRecord['parked']>;

/** Why a job waits in front of a gate, in one sentence that says what will let it through, or what would. */
export function whyParked(
  { task, queue }: Pick<JobView, 'task' | 'queue'>,
  gate: Parked,
  settings: TaskSettings | undefined,
  now: number,
): string {
  if (gate.kind === 'order') return inOrder(nameOf(gate));
  if (gate.kind === 'task' && settings?.paused) return taskPaused(task, queue);
  const own: Bounds = (gate.kind === 'group' ? settings?.group : settings) ?? {};
  const bounds = { max: either(own.max, gate.max), rate: either(own.rate, gate.rate) };
  const whose = gate.kind === 'group' ? `group ${nameOf(gate)}` : nameOf(gate);
  if (gate.until !== undefined) return untilThen(whose, bounds, gate.until - now);
  return full(whose, bounds, gate.kind);
}

/** Nothing of the task begins, wherever its jobs stand. */
export function taskPaused(task: string, queue: string): string {
  return `Task ${task} is paused in queue ${queue}: queue.resume('${task}') lets its jobs go on.`;
}

/** Milliseconds for people: seconds are precise enough beyond ten of them. */
export function shownWait(ms: number): string {
  return formatDuration(ms > 10_000 ? Math.round(ms / 1000) * 1000 : Math.ceil(ms));
}

function inOrder(key: string): string {
  return `Jobs with the order key ${key} run one after the other: it waits until those before it have ended, or one that failed and holds the others is retried or removed.`;
}

function untilThen(whose: string, { rate }: Bounds, left: number): string {
  const when = left > 0 ? `in ${shownWait(left)}` : 'now';
  if (rate) return `Jobs of ${whose} begin at most ${rate.text}: the next may ${when}.`;
  return `A job of ${whose} met a rate limit elsewhere, so the others pause: the next may begin ${when}.`;
}

/** Without a time to wait for, others have all places that its key may take: of its limit, or in line. */
function full(whose: string, { max, rate }: Bounds, kind: Gate['kind']): string {
  if (typeof max === 'number') return limited(whose, max, kind === 'group');
  if (kind === 'group')
    return `Groups take turns: others of ${whose} stand in line already, and it follows when they begin.`;
  if (rate) return `Jobs of ${whose} begin at most ${rate.text}: another one stands in line already, and it follows.`;
  return `Others of ${whose} are before it, and it follows when they begin or end.`;
}

function limited(whose: string, max: number, turns: boolean): string {
  const where = turns ? ', or stand in line' : '';
  if (max === 1) return `Only 1 job of ${whose} runs at a time, and another has the place: it waits until that ends.`;
  return `At most ${max} jobs of ${whose} run at a time, and as many have a place${where}: it waits until one ends.`;
}

/** What people named: `orders.process/acme` is `acme`, and a task is itself. */
function nameOf({ kind, key }: Gate): string {
  return kind === 'task' ? key : key.slice(key.indexOf('/') + 1);
}

function either<T>(settings: T | undefined, gate: T | undefined): T | undefined {
  return settings === undefined ? gate : settings;
}
