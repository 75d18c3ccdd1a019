import { Queue } from '../client/queue.js';
import { Events } from '../events/events.js';
import { Schedules } from '../schedule/schedules.js';
import type { ScheduleView, SlotView } from '../schedule/view.js';
import type { Store } from '../store/store.js';
import { systemClock } from '../time/clock.js';
import { formatDuration } from '../time/duration.js';
import { exit, type ExitCode } from './exit.js';
import { utc } from './moment.js';
import { table } from './table.js';
import { json, type Terminal } from './terminal.js';

interface Answer {
  json?: boolean;
}

/** The schedules of a store, without the application's code: definitions that a codec has changed cannot be read here. */
export async function schedulesOf<T>(store: Store, use: (schedules: Schedules) => Promise<T>): Promise<T> {
  const clock = systemClock;
  const events = new Events(clock);
  const queue = new Queue({ store, clock, events });
  try {
    return await use(new Schedules({ store, queue, clock, events }));
  } finally {
    queue.close();
  }
}

export async function schedulesList(schedules: Schedules, options: Answer, terminal: Terminal): Promise<ExitCode> {
  const found: ScheduleView[] = [];
  let cursor: string | undefined;
  do {
    const page = await schedules.list({ cursor, limit: 1000 });
    found.push(...page.schedules);
    cursor = page.cursor;
  } while (cursor !== undefined);
  if (options.json) terminal.out(json({ schedules: found }));
  else if (found.length === 0) terminal.err('There are no schedules.');
  else for (const line of table(heading, found.map(row))) terminal.out(line);
  return exit.done;
}

/** With what became of its latest slots. */
export async function schedulesGet(
  schedules: Schedules,
  id: string,
  options: Answer,
  terminal: Terminal,
): Promise<ExitCode> {
  const [view, history] = await Promise.all([schedules.get(id), schedules.history(id)]);
  if (!view || !history) return unknown(id, terminal);
  if (options.json) terminal.out(json({ schedule: view, history }));
  else for (const line of [...about(view), ...slots(history)]) terminal.out(line);
  return exit.done;
}

export async function schedulesPause(
  schedules: Schedules,
  id: string,
  options: Answer,
  terminal: Terminal,
): Promise<ExitCode> {
  const view = await schedules.pause(id);
  if (!view) return unknown(id, terminal);
  terminal.out(options.json ? json({ schedule: view }) : `${id} is paused`);
  return exit.done;
}

export async function schedulesResume(
  schedules: Schedules,
  id: string,
  options: Answer & { fromLast?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  if (await isUnreadable(schedules, id)) return unreadable(id, terminal);
  const view = await schedules.resume(id, options.fromLast ? { from: 'last' } : {});
  if (!view) return unknown(id, terminal);
  terminal.out(options.json ? json({ schedule: view }) : `${id} goes on: ${moment(view.next)}`);
  return exit.done;
}

export async function schedulesTrigger(
  schedules: Schedules,
  id: string,
  options: Answer,
  terminal: Terminal,
): Promise<ExitCode> {
  if (await isUnreadable(schedules, id)) return unreadable(id, terminal);
  const job = await schedules.trigger(id);
  if (!job) return unknown(id, terminal);
  terminal.out(options.json ? json({ jobId: job.id }) : job.id);
  return exit.done;
}

export async function schedulesRemove(
  schedules: Schedules,
  id: string,
  options: Answer & { cancelJobs?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const view = await schedules.get(id);
  if (!(await schedules.remove(id, { cancelJobs: options.cancelJobs }))) return unknown(id, terminal);
  terminal.out(options.json ? json({ removed: true }) : `${id} is removed`);
  if (view?.declared) terminal.err('Code declares it: the next boot of its application puts it back. Or pause it.');
  return exit.done;
}

const heading = ['ID', 'WHEN', 'NEXT', 'LAST', 'ENQUEUED', 'SKIPPED', 'MISSED'];

function row({ id, words, next, last, paused, counts }: ScheduleView): string[] {
  const { enqueued, skipped, missed } = counts;
  return [id, words, paused ? 'paused' : moment(next), moment(last), ...[enqueued, skipped, missed].map(String)];
}

function about(view: ScheduleView): string[] {
  const { id, words, task, queue, next, last, paused, declared, counts, job } = view;
  const { misfire, overlap, jitter, grace, count } = view;
  const policy = [
    `misfire ${misfire}`,
    `overlap ${overlap}`,
    ...(jitter > 0 ? [`jitter ${formatDuration(jitter)}`] : []),
    ...(grace === null ? [] : [`grace ${formatDuration(grace)}`]),
    ...(count === null ? [] : [`at most ${count} jobs`]),
  ];
  return [
    `${id}: ${words}`,
    ...(task === null ? [] : [`task    ${task} on queue ${queue}`, `policy  ${policy.join(', ')}`]),
    `from    ${declared ? 'code' : 'a call'}`,
    `next    ${paused ? 'paused' : moment(next)}`,
    `last    ${moment(last)}`,
    `slots   ${counts.enqueued} enqueued, ${counts.skipped} skipped, ${counts.missed} missed`,
    `job     ${job ?? '-'}`,
  ];
}

function slots(history: readonly SlotView[]): string[] {
  if (history.length === 0) return [];
  const rows = history.map(({ slot, outcome, why, jobId }) => [utc(slot), outcome, why ?? '', jobId ?? '']);
  return ['', ...table(['SLOT', 'OUTCOME', 'WHY', 'JOB'], rows)];
}

function moment(instant: number | null): string {
  return instant === null ? '-' : utc(instant);
}

async function isUnreadable(schedules: Schedules, id: string): Promise<boolean> {
  const view = await schedules.get(id);
  return view !== undefined && view.trigger === null;
}

function unreadable(id: string, terminal: Terminal): ExitCode {
  terminal.err(`The schedule '${id}' cannot be read here: its application writes with a codec. Ask it there.`);
  return exit.error;
}

function unknown(id: string, terminal: Terminal): ExitCode {
  terminal.err(`There is no schedule '${id}'.`);
  return exit.notFound;
}
