import { type Envelope, open, sealPlain } from '../job/envelope.js';
import { OptionFailed } from '../job/errors.js';
import { createJobId } from '../job/id.js';
import { priorities } from '../job/state.js';
import type { Due, NewJob } from '../store/store.js';
import { TaskContext } from '../task/context.js';
import { checkUniqueWhole } from '../task/check-unique.js';
import type { TaskDefinition, UniqueOptions } from '../task/definition.js';
import type { EnqueueOptions } from '../task/enqueuer.js';
import { keepOf } from '../task/keep-result.js';
import type { Clock } from '../time/clock.js';
import { milliseconds } from '../time/duration.js';
import { checkCall, dueOf, expiryOf, keysOf, parentsOf, retryOf, timeoutOf } from './call-options.js';
import { gatesOf } from './gates.js';
import { none } from './merger.js';
import type { QueueOptions } from './options.js';
import { encodePayload, shapePayload } from './payload.js';
import { type SettingsBook, type TaskSettings } from './task-settings.js';
import { checkHeaders, checkTags, headersOf, tagsOf } from './travelling.js';

/** A job ready to be stored, and what its caller wants to know of a duplicate. */
export interface Draft {
  job: NewJob;
  queue: string;
  /** Of the body, and of the ids it waits for. */
  bytes: number;
  refuseDuplicate: boolean;
  /** The body to put in the place of the given one, which has the payloads of both. */
  merge?: (queued: string) => Promise<string>;
}

const nothing: EnqueueOptions<unknown> = Object.freeze({});

/** Makes jobs of payloads and options: everything is checked here, before anything is stored. What a call does not use costs nothing. */
export class JobMaker {
  constructor(
    private readonly clock: Clock,
    private readonly settings: SettingsBook,
    private readonly options: Pick<QueueOptions, 'codec' | 'onEnqueue' | 'payloadLimit'> = {},
  ) {}

  /** A promise only where the contract has to shape the payload first. Throws, or rejects with, what is wrong. */
  make(
    task: TaskDefinition,
    input: unknown,
    call: EnqueueOptions<unknown> = nothing,
    awaited = false,
  ): Draft | Promise<Draft> {
    if (call !== nothing) checkCall(call);
    const due = dueOf(call, this.clock.now());
    if (!task.payload) return this.draft(task, input, call, due, awaited);
    return shapePayload(task, task.payload, input).then((payload) => this.draft(task, payload, call, due, awaited));
  }

  private draft(
    task: TaskDefinition,
    payload: unknown,
    call: EnqueueOptions<unknown>,
    due: Due | undefined,
    awaited: boolean,
  ): Draft {
    const settings = this.settings.of(task);
    const plain = encodePayload(task, payload, this.options.payloadLimit);
    const parent = TaskContext.current();
    const travelling = this.travelling(task, payload, settings, call, parent);
    const envelope = envelopeOf(call, travelling.headers, awaited);
    const body = sealPlain(plain, envelope, this.options.codec);

    const queue = call.queue ?? settings.queue;
    const priority = call.priority === undefined ? settings.priority : priorities.indexOf(call.priority);
    const job: NewJob = { id: createJobId(queue, 0, this.clock.now()), task: task.name, body, priority };
    if (due) job.due = due;
    const parents = call.after && parentsOf(call.after);
    if (parents) job.after = parents;
    if (travelling.tags?.length) job.tags = travelling.tags;
    if (parent) Object.assign(job, { parent: parent.job.id, root: parent.job.rootId ?? parent.job.id });
    addBounds(job, settings, call);
    if (settings.gates || call.group !== undefined || call.order !== undefined) {
      const gates = gatesOf(task.name, settings.gates, call, payload);
      if (gates) job.gates = gates;
    }
    const unique = addKeys(job, settings, call, payload);
    const bytes = Buffer.byteLength(body) + (parents ? parents.join().length : 0);
    const draft: Draft = { job, queue, bytes, refuseDuplicate: unique?.onDuplicate === 'error' };
    if (unique?.merge && job.keys) {
      job.replaces = none;
      draft.merge = (queued) => this.merged(task, queued, payload, unique.merge!, { ...envelope, enqueue: job.id });
    }
    return draft;
  }

  private async merged(
    task: TaskDefinition,
    queued: string,
    incoming: unknown,
    merge: NonNullable<UniqueOptions<unknown>['merge']>,
    envelope: Omit<Envelope, 'payload'>,
  ): Promise<string> {
    const { codec, payloadLimit } = this.options;
    let payload: unknown;
    try {
      payload = await merge(open(queued, codec).payload, incoming);
    } catch (error) {
      throw new OptionFailed(task.name, 'unique.merge', error);
    }
    if (task.payload) payload = await shapePayload(task, task.payload, payload);
    return sealPlain(encodePayload(task, payload, payloadLimit), envelope, codec);
  }

  private travelling(
    task: TaskDefinition,
    payload: unknown,
    settings: TaskSettings,
    call: EnqueueOptions<unknown>,
    parent: TaskContext | undefined,
  ): { headers?: Record<string, string>; tags?: string[] } {
    let headers = headersOf(call.headers, parent);
    let tags = tagsOf(task.name, settings.tags, call.tags, payload);
    const { onEnqueue } = this.options;
    if (onEnqueue) {
      const seen = { task: task.name, payload, headers: { ...headers }, tags: [...(tags ?? [])] };
      onEnqueue(seen);
      ({ headers, tags } = seen);
    }
    if (headers) checkHeaders(headers);
    if (tags) checkTags(tags);
    return { headers, tags };
  }
}

function envelopeOf(
  call: EnqueueOptions<unknown>,
  headers: Record<string, string> | undefined,
  awaited: boolean,
): Omit<Envelope, 'payload'> {
  const envelope: Omit<Envelope, 'payload'> = {};
  if (headers && Object.keys(headers).length > 0) envelope.headers = headers;
  if (call.retry) envelope.retry = retryOf(call.retry);
  if (call.timeout !== undefined) envelope.timeout = timeoutOf(call.timeout);
  if (call.keepResult !== undefined) {
    const keep = keepOf(call.keepResult);
    envelope.keep = keep === Infinity ? 'forever' : keep;
  }
  if (awaited) envelope.awaited = true;
  return envelope;
}

function addBounds(job: NewJob, settings: TaskSettings, call: EnqueueOptions<unknown>): void {
  if (call.expires !== undefined) job.expires = expiryOf(call.expires);
  else if (settings.expires !== undefined) job.expires = { in: settings.expires };
  if (settings.crashLimit !== undefined) job.crashLimit = settings.crashLimit;
  if (call.retry?.startAt !== undefined && call.retry.startAt > 1) job.attempts = call.retry.startAt - 1;
}

/** What the call says of uniqueness wins field by field. */
function addKeys(
  job: NewJob,
  settings: TaskSettings,
  call: EnqueueOptions<unknown>,
  payload: unknown,
): UniqueOptions<unknown> | undefined {
  if (call.jobId === undefined && !call.unique && !settings.unique) return undefined;
  const unique = call.unique ? { ...settings.unique, ...call.unique } : settings.unique;
  // Each by itself was checked, and now some of them come from the call and some from the task.
  if (call.unique && unique) checkUniqueWhole('unique', unique);
  const keys = keysOf(job.task, call.jobId, unique, payload);
  if (!keys) return unique;
  job.keys = keys;
  const { onDuplicate, maxWait } = unique ?? {};
  if (onDuplicate && onDuplicate !== 'return' && onDuplicate !== 'error') job.onDuplicate = onDuplicate;
  if (maxWait !== undefined) job.maxWait = milliseconds(maxWait);
  return unique;
}
