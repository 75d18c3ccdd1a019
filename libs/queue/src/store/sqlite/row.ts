import { limits } from '../../job/limits.js';
import { type JobState, jobStates, type WhyScheduled } from '../../job/state.js';
import { gateName } from '../gating.js';
import type { AttemptRecord, Due, Gate, JobRecord, UniqueKey } from '../store.js';
import type { Row } from './database.js';
import { plain, unpacked } from './text.js';

/** What the moves between states need of a job, as it stands in its row. */
export interface Job {
  /** The rowid. */
  readonly n: number;
  readonly id: string;
  state: JobState;
  /** While ready: band 0 … 3, or `suspects`; absent while it is parked. */
  place?: number;
  pos?: number;
  readonly priority: number;
  attempts: number;
  crashes: number;
  releases: number;
  readonly crashLimit: number;
  worker?: string;
  fence?: number;
  /** While active: why somebody wants it cancelled. */
  mark?: string;
  dueAt?: number;
  startedAt?: number;
  why?: WhyScheduled;
  reason?: string;
  error?: string;
  readonly keys: UniqueKey[];
  /** What there is of it in other tables: bits of `trails`. */
  trail: number;
  /** Of a job that has gates. */
  gating?: Gating;
  /** Its record has vanished. */
  gone?: true;
  /** Written only when a job is settled, so never read here. */
  finishedAt?: number;
  forgetAt?: number;
  result?: string;
}

/** The gates of a job, and how far it has come. */
export interface Gating {
  readonly task: string;
  readonly enqueuedAt: number;
  /** Innermost first. */
  readonly gates: readonly Gate[];
  /** Theirs, in the same order. */
  readonly names: readonly string[];
  /** How many of them it has passed. */
  passed: number;
  /** While it is parked: the name of the gate it stands in front of, then where among the others there. */
  ticket?: string;
}

/** What gates need of a job. */
export type Gated = Pick<Job, 'n' | 'id' | 'priority' | 'dueAt' | 'trail' | 'place' | 'pos' | 'gating'>;

/** And where it joins a line. */
export type Climber = Gated & Pick<Job, 'crashes' | 'crashLimit'> & { expiresAt?: number };

/** Rows in attempts, log or steps · as a parent in dependents · in waits · it has gates. */
export const trails = { left: 1, dependents: 2, waits: 4, gates: 8 } as const;

/** The list beside the four bands: jobs that may run alone only. */
export const suspects = 4;

/** Behind all lists in listings: ready jobs that are in none of them, see gates.ts. */
export const parked = 5;

/** Of a job with gates, `trail` comes packed with all that is known of them, so that the others have nothing to carry. */
export const headColumns =
  'n, id, state, place, pos, priority, attempts, crashes, releases, crash_limit, worker, fence, mark, due_at, started_at, why, reason, error, keys, CASE WHEN trail & 8 THEN json_array(trail, task, enqueued_at, gates, passed, ticket) ELSE trail END';

export function jobOf(row: Row): Job {
  return {
    n: row[0] as number,
    id: row[1] as string,
    state: jobStates[row[2] as number]!,
    place: optional(row[3]),
    pos: optional(row[4]),
    priority: row[5] as number,
    attempts: row[6] as number,
    crashes: row[7] as number,
    releases: row[8] as number,
    crashLimit: row[9] as number,
    worker: optional(row[10]),
    fence: optional(row[11]),
    mark: optional(row[12]),
    dueAt: optional(row[13]),
    startedAt: optional(row[14]),
    why: optional(row[15]),
    reason: optional(row[16]),
    error: optional(row[17]),
    keys: keysOf(row[18]),
    ...trailOf(row[19]),
  };
}

/** In rows that were gathered, what is packed has been unpacked with them. */
function trailOf(value: unknown): Pick<Job, 'trail' | 'gating'> {
  if (typeof value === 'number') return { trail: value };
  const [trail, ...gating] = typeof value === 'string' ? unpacked(value) : plain(value as Row);
  return { trail: trail as number, gating: gatingOf(gating) };
}

/** Of the columns `task, enqueued_at, gates, passed, ticket`. */
export function gatingOf([task, enqueuedAt, gates, passed, ticket]: Row): Gating {
  const known = gatesOf((gates ?? '[]') as string);
  return {
    task: task as string,
    enqueuedAt: enqueuedAt as number,
    gates: known.gates,
    names: known.names,
    passed: passed as number,
    ticket: optional(ticket),
  };
}

const read = new Map<string, Pick<Gating, 'gates' | 'names'>>();

/** What was read before is not read again: the jobs of a group say all the same. */
function gatesOf(text: string): Pick<Gating, 'gates' | 'names'> {
  const known = read.get(text);
  if (known) return known;
  if (read.size >= 5000) read.clear();
  const gates = JSON.parse(text) as Gate[];
  const found = { gates, names: gates.map(gateName) };
  read.set(text, found);
  return found;
}

export function newGating(
  { task, enqueuedAt }: Pick<Gating, 'task' | 'enqueuedAt'>,
  gates: readonly Gate[],
  passed = 0,
  ticket?: string,
): Gating {
  return { task, enqueuedAt, gates, names: gates.map(gateName), passed, ticket };
}

/** What letting a parked job through takes to know. Its id is in its ticket; what few have comes packed. */
export const waitingColumns =
  'n, priority, task, enqueued_at, gates, passed, ticket, CASE WHEN crashes OR due_at IS NOT NULL OR expires_at IS NOT NULL OR trail <> 8 THEN json_array(crashes, crash_limit, due_at, expires_at, trail) END';

export function waitingJobOf(row: Row): Climber {
  const gating = gatingOf(row.slice(2, 7));
  const { ticket = '' } = gating;
  const packed = row[7] as unknown;
  const [crashes = 0, crashLimit = limits.crashes, dueAt, expiresAt, trail = trails.gates] =
    typeof packed === 'string' ? unpacked(packed) : plain((packed ?? []) as Row);
  return {
    n: row[0] as number,
    id: ticket.slice(ticket.lastIndexOf(' ') + 1),
    priority: row[1] as number,
    crashes: crashes as number,
    crashLimit: crashLimit as number,
    dueAt: optional(dueAt),
    expiresAt: optional(expiresAt),
    trail: trail as number,
    gating,
  };
}

/** What completing takes to know of a held job without keys and, but for gates, without rows in other tables. */
export type UsualJob = Pick<Job, 'n' | 'id' | 'fence' | 'attempts' | 'gating'>;

/** The columns of `job.usual`, or of `job.usual_gated`: only what it takes to give back the gates is filled in. */
export function usualJobOf(row: Row): UsualJob {
  return {
    n: row[0] as number,
    id: row[1] as string,
    fence: row[2] as number,
    attempts: row[3] as number,
    gating: row.length > 4 ? gatingOf(['', 0, row[4]!, row[5]!, null]) : undefined,
  };
}

export const fullColumns =
  'n, id, task, state, why, reason, body, priority, attempts, crashes, releases, worker, fence, mark, enqueued_at, due_at, expires_at, started_at, finished_at, keys, parent, root, tags, progress, result, error, trail, place, pos';

/** A record without what stands in other tables. */
export function recordOf(row: Row): JobRecord {
  return {
    id: row[1] as string,
    task: row[2] as string,
    state: jobStates[row[3] as number]!,
    why: optional(row[4]),
    reason: optional(row[5]),
    body: row[6] as string,
    priority: row[7] as number,
    attempts: row[8] as number,
    crashes: row[9] as number,
    releases: row[10] as number,
    worker: optional(row[11]),
    fence: optional(row[12]),
    cancelling: row[13] === null ? undefined : true,
    enqueuedAt: row[14] as number,
    dueAt: optional(row[15]),
    expiresAt: optional(row[16]),
    startedAt: optional(row[17]),
    finishedAt: optional(row[18]),
    name: nameOf(keysOf(row[19])),
    parent: optional(row[20]),
    root: optional(row[21]),
    tags: parsed<string[]>(row[22]),
    progress: optional(row[23]),
    result: optional(row[24]),
    error: optional(row[25]),
    history: [] as AttemptRecord[],
    log: [],
  };
}

/** NULL is what the contract leaves out. */
export function optional<T extends string | number>(value: string | number | null | undefined): T | undefined {
  return value === null ? undefined : (value as T | undefined);
}

export function parsed<T>(value: string | number | null | undefined): T | undefined {
  return typeof value === 'string' ? (JSON.parse(value) as T) : undefined;
}

const none: UniqueKey[] = [];

/** Written by `encodeKeys`. */
function keysOf(value: string | number | null | undefined): UniqueKey[] {
  if (typeof value !== 'string') return none;
  return (JSON.parse(value) as [string, UniqueKey['until'] | null][]).map(([key, until]) => ({
    key,
    until: until ?? Infinity,
  }));
}

/** JSON has no Infinity: it is `null` here. */
export function encodeKeys(keys: UniqueKey[] | undefined): string | undefined {
  return keys?.length ? JSON.stringify(keys.map(({ key, until }) => [key, until])) : undefined;
}

function nameOf(keys: UniqueKey[]): string | undefined {
  return keys.find(({ key }) => key.startsWith('='))?.key.slice(1);
}

/** Absolute time of `due`, epoch milliseconds. */
export function timeOf(due: Due, now: number): number;
export function timeOf(due: Due | undefined, now: number): number | undefined;
export function timeOf(due: Due | undefined, now: number): number | undefined {
  if (!due) return undefined;
  return 'in' in due ? now + due.in : due.at;
}
