import { MergeConflict } from '../job/errors.js';
import { limits } from '../job/limits.js';
import type { JobState } from '../job/state.js';
import type { EnqueueAnswer, NewJob, Store } from '../store/store.js';
import type { Draft } from './job-maker.js';
import type { Producer } from './producer.js';

/** In the place of the body to replace: a job that waits is left as it is, and one that runs may be followed. */
export const none = '';

/**
 * Merges payloads into those of jobs that wait. The function is here and the job is there, so it is read, merged and put
 * back only if nobody has changed it meanwhile; else all that again. Calls of one process for one key come after each
 * other, so that they do not disturb each other.
 */
export class Merger {
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: Store,
    private readonly producer: Producer,
  ) {}

  /** What becomes of a draft, whose first call to the store was answered so. Throws what its merge does, or `MergeConflict`. */
  async settle(draft: Draft, first: EnqueueAnswer): Promise<EnqueueAnswer> {
    if (first.created || !draft.merge) return first;
    return this.inTurn(turnOf(draft), () => this.rounds(draft, first));
  }

  /** The same for many, of which one may fail without the others: puts the last answers in the place of the first ones, and answers the failures by place. */
  async settleAll(drafts: readonly Draft[], answers: EnqueueAnswer[]): Promise<Map<number, unknown>> {
    const failures = new Map<number, unknown>();
    const open = [...drafts.keys()].filter((i) => drafts[i]!.merge && !answers[i]!.created);
    await Promise.all(
      open.map((i) =>
        this.settle(drafts[i]!, answers[i]!).then(
          (answer) => (answers[i] = answer),
          (error: unknown) => failures.set(i, error),
        ),
      ),
    );
    return failures;
  }

  private async rounds(draft: Draft, first: EnqueueAnswer): Promise<EnqueueAnswer> {
    let answer = first;
    let merged: string | undefined;
    let { replaces } = draft.job;
    for (let times = 0; times < limits.merges; times++) {
      // It runs, and yet nothing may follow it: others have another of the keys.
      if (isDone(answer, draft.job) || (answer.state === 'active' && replaces === none)) return answer;
      const [holder] = await this.store.find([{ id: answer.id }]);
      // The answer to what was sent got lost, and it was sent again.
      if (holder && holder.body === merged) return { ...answer, state: holder.state, replaced: true };
      const merges = holder && waits(holder.state, draft.job);
      merged = merges ? await draft.merge!(holder.body) : undefined;
      // What runs keeps its payload, and this job follows it. What is gone has left the key to others, or to this one.
      replaces = merges ? holder.body : none;
      const sent = carrying(draft, merged ?? draft.job.body, replaces);
      [answer] = (await this.producer.add([{ ...draft, ...sent }])) as [EnqueueAnswer];
    }
    if (isDone(answer, draft.job)) return answer;
    throw new MergeConflict(draft.job.task, answer.id, limits.merges);
  }

  private async inTurn<T>(key: string, run: () => Promise<T>): Promise<T> {
    const turn = (this.turns.get(key) ?? Promise.resolve()).then(run);
    const over = turn.catch(() => undefined);
    this.turns.set(key, over);
    try {
      return await turn;
    } finally {
      if (this.turns.get(key) === over) this.turns.delete(key);
    }
  }
}

/** Those that want the same keys. */
function turnOf({ queue, job }: Draft): string {
  return [queue, ...(job.keys ?? []).map(({ key }) => key)].join(' ');
}

/** Whether there is nobody, or nobody any more, who may yet take the payload or be followed. */
function isDone({ id, created, replaced, state }: EnqueueAnswer, job: NewJob): boolean {
  if (created || replaced) return true;
  // The one that waited has ended, and the key is free.
  if (id === job.id) return false;
  return !waits(state, job) && !(job.onDuplicate === 'follow' && state === 'active');
}

function waits(state: JobState, { onDuplicate }: NewJob): boolean {
  return state === 'scheduled' || state === 'ready' || (state === 'blocked' && onDuplicate === 'follow');
}

function carrying({ job, bytes }: Draft, body: string, replaces: string): Pick<Draft, 'job' | 'bytes'> {
  const more = Buffer.byteLength(body) - Buffer.byteLength(job.body) + Buffer.byteLength(replaces);
  return { job: { ...job, body, replaces }, bytes: bytes + more };
}
