import { type Codec, type Envelope, open } from '../job/envelope.js';
import type { StoredError } from '../job/errors.js';
import { parseJobId } from '../job/id.js';
import { Undecodable } from '../job/plain.js';
import { priorities } from '../job/state.js';
import { decode } from '../job/text.js';
import type { AttemptView, JobView } from '../job/view.js';
import type { JobRecord } from '../store/store.js';

/** Why a ready job is not handed out, by the gate it stands at. */
const parkedAt = { order: 'order', group: 'group', task: 'limit' } as const;

/** A record as people see it. Never throws: what cannot be decoded is shown as not known. */
export function jobView<R = unknown>(record: JobRecord, codec?: Codec): JobView<R> {
  const envelope: Partial<Envelope> = readable(() => open(record.body, codec)) ?? {};
  const read = (text: string | undefined) => (text === undefined ? undefined : readable(() => decode(text, codec)));
  const errorOf = (text: string | undefined) => (read(text) as StoredError | undefined) ?? null;
  return {
    id: record.id,
    jobId: record.name ?? null,
    task: record.task,
    queue: parseJobId(record.id)?.queue ?? '',
    state: record.state,
    reason: record.why ?? record.reason ?? (record.parked ? parkedAt[record.parked.kind] : null),
    payload: envelope.payload,
    priority: priorities[record.priority] ?? 'normal',
    progress: (read(record.progress) as JobView['progress'] | undefined) ?? null,
    result: (read(record.result) as R | undefined) ?? null,
    error: errorOf(record.error),
    attempts: attemptsOf(record, errorOf),
    attempted: record.attempts,
    crashes: record.crashes,
    releases: record.releases,
    enqueuedAt: record.enqueuedAt,
    runAt: record.dueAt ?? null,
    expires: record.expiresAt ?? null,
    startedAt: record.startedAt ?? null,
    finishedAt: record.finishedAt ?? null,
    worker: record.worker ?? null,
    cancelling: record.cancelling ?? false,
    waitsFor: record.waitsFor ?? [],
    parentId: record.parent ?? null,
    rootId: record.root ?? null,
    tags: record.tags ?? [],
    headers: envelope.headers ?? {},
    log: record.log,
  };
}

/** The history, and the attempt it does not hold: the one that runs, or the one that completed the job. */
function attemptsOf(record: JobRecord, errorOf: (text: string | undefined) => StoredError | null): AttemptView[] {
  const ended = record.history.map(({ error, ...attempt }): AttemptView => ({ ...attempt, error: errorOf(error) }));
  const last = { startedAt: record.startedAt ?? null, worker: record.worker ?? null, error: null };
  if (record.state === 'active') {
    ended.push({ ...last, attempt: record.attempts + 1, finishedAt: null, outcome: 'active' });
  } else if (record.state === 'completed') {
    ended.push({ ...last, attempt: record.attempts, finishedAt: record.finishedAt ?? null, outcome: 'completed' });
  }
  return ended;
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Undecodable) return undefined;
    throw error;
  }
}
