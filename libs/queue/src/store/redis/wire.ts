import { parseJobId } from '../../job/id.js';
import type { JobState, WhyScheduled } from '../../job/state.js';
import type { AttemptRecord, ClaimedJob, Gate, JobRecord, Lane, NewJob, Settlement, UniqueKey } from '../store.js';
import { codeOf, localOf } from './codes.js';
import { gateText, gatesOf } from './gate-wire.js';
import { unescapeWorker } from './keys.js';

/** How jobs travel to the scripts and back. The formats are told in the labels of `lua/lane.lua` and `lua/adding.lua`. */

const states: Record<string, JobState> = {
  s: 'scheduled',
  b: 'blocked',
  r: 'ready',
  a: 'active',
  c: 'completed',
  f: 'failed',
  x: 'cancelled',
};

export function stateOf(letter: string): JobState {
  return states[letter]!;
}

export function idOf({ queue, shard }: Lane, code: string): string {
  return `${queue}~${shard.toString(36)}~${localOf(code)}`;
}

/** The lane of an id, and what the lane calls it; `undefined` when `id` is none. */
export function lookUp(id: string): { queue: string; shard: number; local: string } | undefined {
  const address = parseJobId(id);
  return address && { queue: address.queue, shard: address.shard, local: codeOf(address.local) };
}

/** As `lookUp`, where only an id will do. */
export function addressOf(id: string) {
  const address = lookUp(id);
  if (!address) throw new RangeError(`'${id}' is not a job id: make one with createJobId(queue, shard, now)`);
  return address;
}

/** What scripts call a job of any lane: `<queue>:<shard>:<code>`. */
function nameOf(id: string): string {
  const { queue, shard, local } = addressOf(id);
  return `${queue}:${shard}:${local}`;
}

export function idOfName(name: string): string {
  const [queue, shard, code] = name.split(':') as [string, string, string];
  return idOf({ queue, shard: Number(shard) }, code);
}

/** The ids in a facet that holds names. */
export function idsOfNames(names: string | undefined): string[] | undefined {
  return names?.split(' ').map(idOfName);
}

/** Three arguments for `job`. */
export function jobArguments(args: (string | number)[], local: string, job: NewJob): void {
  args.push(local, `${job.priority}${asked(job)}`, `${job.task}\n${job.body}`);
}

/** What a job asks for beyond running soon; most ask for nothing, and of those that do many for gates alone. */
function asked(job: NewJob): string {
  const { due, expires, keys, crashLimit, attempts, after, parent, root, tags } = job;
  const gates = job.gates?.length ? job.gates.map(gateText).join(' ') : undefined;
  if (!due && !expires && !keys && !crashLimit && !attempts && !after?.length && !parent && !root && !tags)
    return gates ?? '';
  const pairs = keys && keys.length > 0 ? keys.map(({ key, until }) => [key, finite(until)]) : undefined;
  const rest = { parent, root, tags: tags && tags.length > 0 ? tags : undefined, keys: pairs };
  return json({
    due,
    expires,
    keys: pairs,
    ...(pairs && whenTaken(job)),
    crash: crashLimit,
    attempts: attempts || undefined,
    after: after?.length ? [...new Set(after)].map(nameOf) : undefined,
    any: (after?.length && job.anyEnding) || undefined,
    gates,
    rest: Object.values(rest).some((value) => value !== undefined) ? json(rest) : undefined,
  });
}

/** What to do with the holder of a key. */
function whenTaken({ onDuplicate, replaces, maxWait }: NewJob) {
  if (!onDuplicate || onDuplicate === 'return') return undefined;
  const wait = maxWait === undefined ? undefined : Math.min(maxWait, 1e14);
  return { dup: onDuplicate, only: onDuplicate === 'extend' ? undefined : replaces, wait };
}

/** A window that never ends has no number in JSON. */
function finite(until: UniqueKey['until']): UniqueKey['until'] {
  return until === Infinity ? Number.MAX_SAFE_INTEGER : until;
}

/**
 * Texts as Redis will hold them: one half of a surrogate pair has no UTF-8, and a script that reads its escape fails, for
 * a record even long after it was added.
 */
function json(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes('\\ud')) return text;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? Buffer.from(part).toString() : part));
}

/** Settlements, in runs of one code. */
export function settlementArguments(args: (string | number)[], lane: Lane, endings: readonly Settlement[]): void {
  let head = 0;
  let run = 0;
  let code = '';
  for (const ending of endings) {
    const then = ending.then?.length ? split(lane, ending.then) : undefined;
    const own = codeOfEnding(ending, then);
    if (run === 0 || own !== code) {
      if (run > 0) args[head] = `${run}${code}`;
      head = args.push('') - 1;
      code = own;
      run = 0;
    }
    run++;
    args.push(localIn(lane, ending.id), ending.fence);
    announce(args, ending);
    if (then) announceJobs(args, then);
  }
  if (run > 0) args[head] = `${run}${code}`;
}

/** What the lane calls a job of its own; nothing for one of another lane, which nobody holds here. */
function localIn(lane: Lane, id: string): string {
  const { queue, shard, local } = addressOf(id);
  return queue === lane.queue && shard === lane.shard ? local : '';
}

interface Then {
  here: NewJob[];
  away: NewJob[];
}

function split(lane: Lane, jobs: NewJob[]): Then {
  const then: Then = { here: [], away: [] };
  for (const job of jobs) (localIn(lane, job.id) === '' ? then.away : then.here).push(job);
  return then;
}

function codeOfEnding(ending: Settlement, then: Then | undefined): string {
  const code = plainCode(ending);
  return then ? `${code}${then.here.length > 0 ? '+' : ''}${then.away.length > 0 ? 'o' : ''}` : code;
}

function plainCode(ending: Settlement): string {
  switch (ending.outcome) {
    case 'completed':
      if (ending.keep === 0) return 'c0';
      if (ending.keep === undefined) return ending.result === undefined ? 'c' : 'cr';
      return ending.result === undefined ? 'ck' : 'ckr';
    case 'retry':
      return 'tne';
    case 'snoozed':
      return ending.pause ? 'snp' : 'sn';
    case 'failed':
      return 'fye';
    case 'cancelled':
      return ending.error === undefined ? 'xy' : 'xye';
    case 'released':
      if (ending.in === undefined) return 'l';
      return ending.why ? 'lny' : 'ln';
  }
}

/** What the letters of the code announce, in their order. */
function announce(args: (string | number)[], ending: Settlement): void {
  switch (ending.outcome) {
    case 'completed':
      if (ending.keep === 0) return;
      if (ending.keep !== undefined) args.push(ending.keep === Infinity ? 'inf' : ending.keep);
      if (ending.result !== undefined) args.push(ending.result);
      return;
    case 'retry':
      args.push(ending.in, ending.error);
      return;
    case 'snoozed':
      args.push(ending.in);
      return;
    case 'failed':
      args.push(ending.reason, ending.error);
      return;
    case 'cancelled':
      args.push(ending.reason);
      if (ending.error !== undefined) args.push(ending.error);
      return;
    case 'released':
      if (ending.in === undefined) return;
      args.push(ending.in);
      if (ending.why) args.push(ending.why);
  }
}

function announceJobs(args: (string | number)[], { here, away }: Then): void {
  if (here.length > 0) {
    args.push(here.length);
    for (const job of here) jobArguments(args, addressOf(job.id).local, job);
  }
  if (away.length > 0) args.push(away.length, ...away.map(outboxText));
}

interface Birth {
  enqueuedAt: number;
  priority: number;
  task: string;
  body: string;
  expiresAt?: number;
  crashLimit?: number;
  rest?: { parent?: string; root?: string; tags?: string[]; keys?: [string, UniqueKey['until']][] };
}

export function parseBirth(birth: string): Birth {
  const line = birth.indexOf('\n');
  const head = birth.slice(0, line);
  const body = birth.slice(line + 1);
  const first = head.indexOf(',');
  const second = head.indexOf(',', first + 1);
  const enqueuedAt = parseInt(head.slice(1, first), 16);
  const priority = (head.charCodeAt(0) - 48) % 4;
  const task = head.slice(first + 1, second < 0 ? undefined : second);
  if (second < 0) return { enqueuedAt, priority, task, body };
  const [expires, crash, ...json] = head.slice(second + 1).split(',');
  const rest = json.join(',');
  return {
    enqueuedAt,
    priority,
    task,
    body,
    expiresAt: numberOf(expires),
    crashLimit: numberOf(crash),
    rest: rest ? (JSON.parse(rest) as Birth['rest']) : undefined,
  };
}

export interface Header {
  state: JobState;
  fence?: number;
  worker?: string;
  flags: string;
  attempts: number;
  crashes: number;
  releases: number;
  dueAt?: number;
  startedAt?: number;
  finishedAt?: number;
  gates: Gate[];
  reason: string;
}

const untouched: Header = { state: 'ready', flags: '', attempts: 0, crashes: 0, releases: 0, gates: [], reason: '' };

export function parseHeader(text: string): Header {
  if (text === '') return untouched;
  const [place, fence, worker, flags, attempts, crashes, releases, due, started, ended, ...rest] = text.split(',');
  const last = rest.join(',');
  const line = flags!.includes('g') ? last.indexOf('\n') : -1;
  return {
    state: stateOf(place![0]!),
    fence: numberOf(fence),
    worker: worker ? unescapeWorker(worker) : undefined,
    flags: flags!,
    attempts: Number(attempts),
    crashes: Number(crashes),
    releases: Number(releases),
    dueAt: numberOf(due),
    startedAt: numberOf(started),
    finishedAt: numberOf(ended),
    gates: line < 0 ? [] : gatesOf(last.slice(0, line)),
    reason: last.slice(line + 1),
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text ? Number(text) : undefined;
}

/** Claimed jobs from the flat part of an answer of `exchange`: id, birth; after a `!` also header, checkpoint, steps. */
export function claimedJobs(lane: Lane, flat: (string | null)[], firstFence: number, alone: boolean): ClaimedJob[] {
  const jobs: ClaimedJob[] = [];
  for (let i = 0; i < flat.length;) {
    const code = flat[i]!;
    const fence = firstFence + jobs.length;
    if (code.startsWith('!')) {
      jobs.push(again(newcomer(lane, code.slice(1), flat[i + 1]!, fence), flat, i + 2));
      i += 5;
    } else {
      jobs.push(newcomer(lane, code, flat[i + 1]!, fence));
      i += 2;
    }
  }
  if (alone) for (const job of jobs) job.alone = true;
  return jobs;
}

/** A job to which nothing happened before. */
function newcomer(lane: Lane, code: string, birth: string, fence: number): ClaimedJob {
  const { enqueuedAt, priority, task, body, expiresAt, rest } = parseBirth(birth);
  return {
    id: idOf(lane, code),
    task,
    body,
    fence,
    attempts: 0,
    crashes: 0,
    releases: 0,
    priority,
    enqueuedAt,
    dueAt: undefined,
    expiresAt,
    parent: rest?.parent,
    root: rest?.root,
    tags: rest?.tags,
    checkpoint: undefined,
    steps: undefined,
  };
}

/** A job with a past: `<attempts>,<crashes>,<releases>,<dueAt>`, checkpoint, steps. */
function again(job: ClaimedJob, flat: (string | null)[], at: number): ClaimedJob {
  const [attempts, crashes, releases, due] = flat[at]!.split(',');
  job.attempts = Number(attempts);
  job.crashes = Number(crashes);
  job.releases = Number(releases);
  job.dueAt = numberOf(due);
  job.checkpoint = flat[at + 1] ?? undefined;
  job.steps = flat[at + 2] ? stepsOf(flat[at + 2]!) : undefined;
  return job;
}

/** A line per step: `<name>:<result>`, both JSON texts. */
function stepsOf(text: string): Record<string, string> {
  const pairs = text
    .split('\n')
    .map((line) => JSON.parse(`[${line.replace(nameAndColon, '$1,')}]`) as [string, string]);
  return Object.fromEntries(pairs);
}

const nameAndColon = /^("(?:[^"\\]|\\.)*"):/;

/** What `find` gives of one job. */
export type Found = [local: string, birth: string, header: string, facets: string[]];

export function recordOf(lane: Lane, [local, birth, header, facets]: Found): JobRecord {
  const { enqueuedAt, priority, task, body, expiresAt, rest } = parseBirth(birth);
  const h = parseHeader(header);
  const facet = new Map<string, string>();
  for (let i = 0; i < facets.length; i += 2) facet.set(facets[i]!, facets[i + 1]!);
  const final = h.state === 'completed' || h.state === 'failed' || h.state === 'cancelled';
  return {
    id: idOf(lane, local),
    task,
    state: h.state,
    why: h.state === 'scheduled' ? (h.reason as WhyScheduled) : undefined,
    reason: final && h.reason !== '' ? h.reason : undefined,
    body,
    priority,
    attempts: h.attempts,
    crashes: h.crashes,
    releases: h.releases,
    worker: h.worker,
    fence: h.fence,
    cancelling: h.flags.includes('m') || undefined,
    enqueuedAt,
    dueAt: h.dueAt,
    expiresAt,
    startedAt: h.startedAt,
    finishedAt: h.finishedAt,
    name: rest?.keys?.find(([key]) => key.startsWith('='))?.[0].slice(1),
    waitsFor: idsOfNames(facet.get('A')),
    parked: h.state === 'ready' && h.reason !== '' ? parkedAt(h, facet) : undefined,
    parent: rest?.parent,
    root: rest?.root,
    tags: rest?.tags,
    progress: facet.get('P'),
    result: facet.get('R'),
    error: facet.get('E'),
    history: lines<AttemptRecord>(facet.get('H')).map((entry) => ({ ...entry, worker: unescapeWorker(entry.worker) })),
    log: lines<string>(facet.get('L')),
  };
}

/** How many of its gates a job has passed and keeps. */
export function passedBy({ flags }: Header): number {
  return ['i', 'j', 'k'].findIndex((flag) => flags.includes(flag)) + 1;
}

function parkedAt(header: Header, facet: Map<string, string>): JobRecord['parked'] {
  const gate = header.gates[passedBy(header)]!;
  const until = facet.get('@');
  return until === undefined ? gate : { ...gate, until: Number(until) };
}

/** The keys a job was added with. */
export function keysOf(birth: string): UniqueKey[] {
  return (parseBirth(birth).rest?.keys ?? []).map(([key, until]) => ({ key, until }));
}

function lines<T>(text: string | undefined): T[] {
  return text ? text.split('\n').map((line) => JSON.parse(line) as T) : [];
}

/** A job as it lies in an outbox. */
export function outboxText(job: NewJob): string {
  return JSON.stringify(job);
}

/** What an outbox holds: a number, where it goes (a job's id), and the job, or what one job's fate means to another (by name). */
export type Entry = { number: string; to: string } & (
  { job: NewJob } | { effect: { kind: string; from: string; to: string } }
);

/** `<number>,<when>,<json>` of a job, whose relative times count from then, or `<number>,<when>,<kind> <from> <to>`. */
export function entryOf(text: string): Entry {
  const [number, at] = text.split(',', 2) as [string, string];
  const content = text.slice(number.length + at.length + 2);
  if (!content.startsWith('{')) {
    const [kind, from, to] = content.split(' ') as [string, string, string];
    // A page of dependents is read where it lies.
    return { number, to: idOfName(to.startsWith('#') ? from : to), effect: { kind, from, to } };
  }
  const job = JSON.parse(content) as NewJob;
  const since = (due: NewJob['due']) => (due && 'in' in due ? { at: Number(at) + due.in } : due);
  return { number, to: job.id, job: { ...job, due: since(job.due), expires: since(job.expires) } };
}
