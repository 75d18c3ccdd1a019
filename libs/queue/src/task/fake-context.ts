import { type JobInfo, TaskContext } from './context.js';
import { Snooze } from './signals.js';

/** What a test may set of a fake context: any part of it, and any part of its job. */
export type FakeContext = Partial<Omit<TaskContext, 'job'>> & { job?: Partial<JobInfo> };

const job: JobInfo = {
  id: 'default~0~000000000000000000000000',
  task: 'fake',
  queue: 'default',
  priority: 'normal',
  enqueuedAt: 0,
  headers: {},
  tags: [],
  timeout: 300_000,
};

/** A context for calling a handler directly: the first attempt of a job that nobody cancels, and that leaves no trace. */
export function fakeContext({ job: ofJob, ...overrides }: FakeContext): TaskContext {
  const silent = { debug() {}, log() {}, warn() {}, error() {} };
  const fake: Omit<TaskContext, never> = {
    job: { ...job, ...ofJob },
    attempt: 1,
    isLastAttempt: false,
    deadline: Infinity,
    worker: 'fake',
    signal: new AbortController().signal,
    fence: 1,
    idempotencyKey: ofJob?.id ?? job.id,
    scheduledFor: undefined,
    logger: silent,
    lastCheckpoint: undefined,
    progress: async () => {},
    log: async () => {},
    checkpoint: async () => {},
    step: async (_name, run) => run(),
    snooze(delay) {
      throw new Snooze(delay);
    },
    forget() {},
    heartbeat() {},
  };
  return Object.setPrototypeOf({ ...fake, ...overrides }, TaskContext.prototype) as TaskContext;
}
