import { parseJobId } from '../../job/id.js';
import type { JobState, WhyScheduled } from '../../job/state.js';
import type { AttemptRecord, ClaimedJob, JobRecord, Lane, NewJob, Settlement, UniqueKey } from '../store.js';
import { codeOf, localOf } from './codes.js';
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
  args.push(local, asked(job), `${job.priority}${job.task}\n${job.body}`);
}

/** What a job asks for beyond running soon; most ask for nothing. */
function asked(job: NewJob): string {
  const { due, expires, keys, keep, crashLimit, attempts, after, parent, root, tags } = job;
  if (
    !due &&
    !expires &&
    !keys &&
    keep === undefined &&
    !crashLimit &&
    !attempts &&
    !after?.length &&
    !parent &&
    !root &&
    !tags
  )
    return '';
  const pairs = keys && keys.length > 0 ? keys.map(({ key, until }) => [key, finite(until)]) : undefined;
  const rest = { parent, root, tags: tags && tags.length > 0 ? tags : undefined, keys: pairs };
  return json({
    due,
    expires,
    keys: pairs,
    replace: job.onDuplicate === 'replace' || undefined,
    crash: crashLimit,
    keep: keep === Infinity ? 'inf' : keep,
    attempts: attempts || undefined,
    after: after?.length ? [...new Set(after)].map(nameOf) : undefined,
    rest: Object.values(rest).some((value) => value !== undefined) ? json(rest) : undefined,
  });
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

/** The arguments of one settlement. */
export function settlementArguments(args: (string | number)[], lane: Lane, ending: Settlement): void {
  const { local, queue, shard } = addressOf(ending.id);
  const strange = queue !== lane.queue || shard !== lane.shard;
  const said = outcomeArguments(ending);
  const here: NewJob[] = [];
  const away: NewJob[] = [];
  for (const job of ending.then ?? []) {
    const to = addressOf(job.id);
    (to.queue === lane.queue && to.shard === lane.shard ? here : away).push(job);
  }
  const code = said[0] + (here.length > 0 ? '+' : '') + (away.length > 0 ? 'o' : '');
  args.push(strange ? '' : local, String(ending.fence), code, ...said.slice(1));
  if (here.length > 0) {
    args.push(here.length);
    for (const job of here) jobArguments(args, addressOf(job.id).local, job);
  }
  if (away.length > 0) args.push(away.length, ...away.map(outboxText));
}

/** A code, and what it announces. */
function outcomeArguments(ending: Settlement): [code: string, ...announced: string[]] {
  switch (ending.outcome) {
    case 'completed': {
      if (ending.keep === 0) return ['c0'];
      const keep = ending.keep === undefined ? [] : [ending.keep === Infinity ? 'inf' : String(ending.keep)];
      const result = ending.result === undefined ? [] : [ending.result];
      return [`c${keep.length ? 'k' : ''}${result.length ? 'r' : ''}`, ...keep, ...result];
    }
    case 'retry':
      return ['tne', String(ending.in), ending.error];
    case 'snoozed':
      return ['sn', String(ending.in)];
    case 'failed':
      return ['fye', ending.reason, ending.error];
    case 'cancelled':
      return ending.error === undefined ? ['xy', ending.reason] : ['xye', ending.reason, ending.error];
    case 'released':
      if (ending.in === undefined) return ['l'];
      return ending.why ? ['lny', String(ending.in), ending.why] : ['ln', String(ending.in)];
  }
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
  const enqueuedAt = Number(head.slice(0, first));
  const priority = Number(head[first + 1]);
  const task = head.slice(first + 2, second < 0 ? undefined : second);
  if (second < 0) return { enqueuedAt, priority, task, body };
  const [expires, crash, , ...json] = head.slice(second + 1).split(',');
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
  reason: string;
}

const untouched: Header = { state: 'ready', flags: '', attempts: 0, crashes: 0, releases: 0, reason: '' };

export function parseHeader(text: string): Header {
  if (text === '') return untouched;
  const [place, fence, worker, flags, attempts, crashes, releases, due, started, ended, ...reason] = text.split(',');
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
    reason: reason.join(','),
  };
}

function numberOf(text: string | undefined): number | undefined {
  return text ? Number(text) : undefined;
}

/** Claimed jobs from the flat part of an answer of `exchange`: id, birth, header, checkpoint, steps. */
export function claimedJobs(lane: Lane, flat: (string | null)[], firstFence: number, alone: boolean): ClaimedJob[] {
  const jobs: ClaimedJob[] = [];
  for (let i = 0; i < flat.length; i += 5) {
    const { enqueuedAt, priority, task, body, expiresAt, rest } = parseBirth(flat[i + 1]!);
    const header = flat[i + 2]! === '' ? undefined : flat[i + 2]!.split(',');
    jobs.push({
      id: idOf(lane, flat[i]!),
      task,
      body,
      fence: firstFence + jobs.length,
      attempts: header ? Number(header[0]) : 0,
      crashes: header ? Number(header[1]) : 0,
      releases: header ? Number(header[2]) : 0,
      priority,
      enqueuedAt,
      dueAt: header && numberOf(header[3]),
      expiresAt,
      parent: rest?.parent,
      root: rest?.root,
      tags: rest?.tags,
      checkpoint: flat[i + 3] ?? undefined,
      steps: flat[i + 4] ? stepsOf(flat[i + 4]!) : undefined,
      ...(alone && { alone }),
    });
  }
  return jobs;
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

/** The keys a job was added with. */
export function keysOf(birth: string): UniqueKey[] {
  return (parseBirth(birth).rest?.keys ?? []).map(([key, until]) => ({ key, until }));
}

function lines<T>(text: string | undefined): T[] {
  return text ? text.split('\n').map((line) => JSON.parse(line) as T) : [];
}

function outboxText(job: NewJob): string {
  return JSON.stringify(job.keep === Infinity ? { ...job, keep: 'inf' } : job);
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
  const keep = (job.keep as unknown) === 'inf' ? Infinity : job.keep;
  return { number, to: job.id, job: { ...job, keep, due: since(job.due), expires: since(job.expires) } };
}
