import type { Events } from '../events/events.js';
import type { Codec } from '../job/envelope.js';
import { ConfigInvalid } from '../job/errors.js';
import { isOwnName, parseJobId } from '../job/id.js';
import type { StoredError } from '../job/errors.js';
import { storeError } from '../job/stored-error.js';
import { decode } from '../job/text.js';
import type { JobView } from '../job/view.js';
import type { ControlAnswer, JobKey, Store } from '../store/store.js';
import type { Clock } from '../time/clock.js';
import { follow } from './follow.js';
import { affected, type ControlVerb, isHopeless, type JobQuery, listQuery } from './job-query.js';
import { jobView } from './job-view.js';
import type { Waiters } from './waiters.js';
import { whyWaiting } from './why-waiting.js';

export interface CancelOptions {
  /** Kept with the job. Default `'request'`. */
  reason?: string;
  /** Ends the hold of a running job now, instead of asking it to stop. */
  force?: boolean;
}

/** A page of jobs. Without a cursor there are no more. */
export interface JobsPage {
  jobs: JobView[];
  cursor?: string;
}

/** Where jobs are looked at and changed: what the queue and every handle share. */
export class Desk {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    readonly waiters: Waiters,
    private readonly events: Events | undefined,
    private readonly codec: Codec | undefined,
  ) {}

  async look<R>(key: JobKey): Promise<JobView<R> | undefined> {
    if ('name' in key && !isOwnName(key.name)) return undefined;
    const [record] = await this.store.find([key]);
    return record && jobView<R>(record, this.codec);
  }

  follow<R>(id: string): AsyncIterableIterator<JobView<R>> {
    return follow(id, this.waiters, (record) => jobView<R>(record, this.codec));
  }

  async page(query: JobQuery, cursor?: string): Promise<JobsPage> {
    const list = listQuery(query);
    if (isHopeless(query)) return { jobs: [] };
    const page = await this.store.list({ ...list, cursor });
    return { ...page, jobs: page.jobs.map((record) => jobView(record, this.codec)) };
  }

  async control(verb: ControlVerb, ids: string[], options?: CancelOptions): Promise<ControlAnswer[]> {
    if (options?.reason !== undefined && !isOwnName(options.reason)) {
      throw new ConfigInvalid('reason', 'reason: must be a well-formed text of 1 to 256 characters.');
    }
    const answers = verb === 'cancel' ? await this.store.cancel(ids, options) : await this.store[verb](ids);
    if (verb === 'cancel' && this.events?.has('job.cancelled'))
      await this.announce(answers, options?.reason ?? 'request');
    return answers;
  }

  /** Page by page, each job as it is then. Answers how many were changed. */
  async controlAll(verb: ControlVerb, query: JobQuery, options?: CancelOptions): Promise<number> {
    const states = affected(verb, query);
    if (states.length === 0 || isHopeless(query)) return 0;
    let count = 0;
    let cursor: string | undefined;
    do {
      const page = await this.store.list({ limit: 200, ...listQuery(query), states, cursor });
      const ids = page.jobs.map((job) => job.id);
      const answers = ids.length > 0 ? await this.control(verb, ids, options) : [];
      count += answers.filter((answer) => answer.applied).length;
      cursor = page.cursor;
    } while (cursor !== undefined);
    return count;
  }

  async whyWaiting(job: JobView): Promise<string | undefined> {
    const [now, queues, workers, [itself, blockedBy]] = await Promise.all([
      this.store.time(),
      this.store.counts(),
      this.store.workers(),
      this.store.find([job.id, ...job.waitsFor.slice(0, 1)].map((id) => ({ id }))),
    ]);
    const queue = queues.find((record) => record.queue === job.queue);
    return whyWaiting(job, { now, workers, blockedBy, queue, parked: itself?.parked });
  }

  /** Never throws: an error that cannot be read is told as such. */
  errorOf(text: string): StoredError {
    try {
      return decode(text, this.codec) as StoredError;
    } catch (error) {
      return storeError(error, false);
    }
  }

  decode(text: string): unknown {
    return decode(text, this.codec);
  }

  private async announce(answers: ControlAnswer[], reason: string): Promise<void> {
    const gone = answers.filter((answer) => answer.applied && answer.state === 'cancelled');
    const records = await this.store.find(gone.map(({ id }) => ({ id })));
    for (const record of records) {
      if (!record) continue;
      const { id, task } = record;
      this.events?.emit('job.cancelled', { id, task, queue: parseJobId(id)!.queue, at: this.clock.now(), reason });
    }
  }
}

/** An id of ours, or a caller's own name. */
export function keyOf(idOrName: string): JobKey {
  return parseJobId(idOrName) ? { id: idOrName } : { name: idOrName };
}
