import { type Envelope, sealPlain } from '../job/envelope.js';
import { createJobId } from '../job/id.js';
import { priorities } from '../job/state.js';
import type { Due, NewJob } from '../store/store.js';
import { TaskContext } from '../task/context.js';
import type { TaskDefinition, UniqueOptions } from '../task/definition.js';
import type { EnqueueOptions } from '../task/enqueuer.js';
import { keepOf } from '../task/keep-result.js';
import type { Clock } from '../time/clock.js';
import { checkCall, dueOf, expiryOf, keysOf, parentsOf, retryOf, timeoutOf } from './call-options.js';
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
    const body = sealPlain(plain, envelopeOf(call, travelling.headers, awaited), this.options.codec);

    const queue = call.queue ?? settings.queue;
    const priority = call.priority === undefined ? settings.priority : priorities.indexOf(call.priority);
    const job: NewJob = { id: createJobId(queue, 0, this.clock.now()), task: task.name, body, priority };
    if (due) job.due = due;
    const parents = call.after && parentsOf(call.after);
    if (parents) job.after = parents;
    if (travelling.tags?.length) job.tags = travelling.tags;
    if (parent) Object.assign(job, { parent: parent.job.id, root: parent.job.rootId ?? parent.job.id });
    addBounds(job, settings, call);
    const unique = addKeys(job, settings, call, payload);
    const bytes = Buffer.byteLength(body) + (parents ? parents.join().length : 0);
    return { job, queue, bytes, refuseDuplicate: unique?.onDuplicate === 'error' };
  }

  private travelling(
    task: TaskDefinition,
    payload: unknown,
    settings: TaskSettings,
    call: EnqueueOptions<unknown>,
    parent: TaskContext | undefined,
  ): { headers?: Record<string, string>; tags?: string[] } {
    let headers = headersOf(call.headers, parent);
    let tags = tagsOf(settings.tags, call.tags, payload);
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
  if (settings.maxActive !== undefined) job.gates = [{ kind: 'task', key: job.task, max: settings.maxActive }];
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
  const keys = keysOf(job.task, call.jobId, unique, payload);
  if (keys) job.keys = keys;
  if (unique?.onDuplicate === 'replace') job.onDuplicate = 'replace';
  return unique;
}
