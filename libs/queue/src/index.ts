/** The front door: every public name. Stores have doors of their own: `millrace/memory`, `/sqlite`, `/redis`. */

// words
export * from './job/errors.js';
export { type Codec } from './job/envelope.js';
export { limits } from './job/limits.js';
export { nearestName } from './job/options.js';
export { isFinal, type JobState, jobStates, priorities, type Priority } from './job/state.js';
export { shown } from './job/shown.js';
export { type AttemptView, type JobView } from './job/view.js';
export { restoreError, storeError } from './job/stored-error.js';
export { type Backoff, type BackoffOptions, exponential, fixed, type Jitter, linear } from './time/backoff.js';
export { type Clock, systemClock, type Timer } from './time/clock.js';
export { type Duration, formatDuration, milliseconds, parseDuration } from './time/duration.js';
export type { RateLimit, RateText } from './time/rate.js';

// contracts
export { type FakeContext } from './task/fake-context.js';
export { bindTasks, defineTasks, type TaskGroup, type TaskGroupClass, taskGroupOf } from './task/define-tasks.js';
export { returns, type Returns, task, type TaskInput, type TaskSpec } from './task/task.js';
export { type InputOf, type PayloadOf, type ResultOf, TaskRef } from './task/task-ref.js';
export { Task, type TaskMetadata } from './task/task.decorator.js';
export type {
  BatchContext,
  BatchItem,
  BatchItemOf,
  BatchOptions,
  BatchResults,
  TaskBatchOptions,
} from './task/batch.js';
export { TaskBatch } from './task/task-batch.decorator.js';
export { type JobEvent, OnJob } from './task/on-job.decorator.js';
export { Aborted, type AbortWhy, type JobInfo, TaskContext, type TaskLogger } from './task/context.js';
export { type ThreadHandler, type ThreadTask } from './task/thread-task.js';
export type { ThreadContext } from './worker/thread-context.js';
export { Discard, RateLimited, RetryLater, Snooze, TaskSignal } from './task/signals.js';
export type {
  CallRetryOptions,
  ErrorFilter,
  GroupOptions,
  OrderOptions,
  RetryOptions,
  Schema,
  TaskDefinition,
  TaskOptions,
  ThreadOptions,
  TimeoutOptions,
  UniqueOptions,
} from './task/definition.js';
export type {
  ControlResult,
  EnqueueItem,
  EnqueueOptions,
  JobHandle,
  ResultOptions,
  RunOptions,
  TaskClient,
  TaskEnqueuer,
} from './task/enqueuer.js';
export type { Standard } from './task/standard-schema.js';
export type * from './store/store.js';
export { type EventMap, type EventName, Events } from './events/events.js';

// client
export { Queue } from './client/queue.js';
export type { CancelOptions, JobsPage } from './client/desk.js';
export type { Fact } from './client/event-stream.js';
export type { FoundJob } from './client/found-job.js';
export type { JobQuery } from './client/job-query.js';
export type { EnqueueHook, QueueOptions } from './client/options.js';
export type { QueueChange, QueueSettingsView, TaskChange, TaskSettingsView } from './client/queue-change.js';
export type { TaskRoutes } from './client/routes.js';
export type { TaskPlace } from './client/settings-desk.js';
export { type Surroundings, whyWaiting } from './client/why-waiting.js';

// schedules
export * from './schedule/index.js';

// Nest
export { QueueModule } from './queue.module.js';
export { WorkerModule } from './worker.module.js';
export type {
  InstanceOptions,
  QueueModuleAsyncOptions,
  QueueModuleOptions,
  QueueOptionsFactory,
} from './nest/queue-options.js';
export type { WorkerModuleAsyncOptions, WorkerModuleOptions, WorkerOptionsFactory } from './nest/worker-options.js';
export type { ConnectOptions } from './nest/connection.js';
export type { OnJobEnd, OnJobStart, OnWorkerStart, OnWorkerStop } from './nest/hooks.js';
export { threadTask, type ThreadTaskMetadata } from './nest/thread-task.js';
export { WorkerHost } from './nest/worker-host.js';
export * from './nest/tokens.js';
export { Background } from './background/background.decorator.js';
export { type BackgroundOptions, BackgroundTasks } from './background/background-tasks.js';
export type { BackgroundContext, BackgroundFunction } from './background/context.js';
export { BackgroundRunner } from './background/runner.js';
export { type HealthResult, QueueHealth } from './health/queue-health.js';
export { fromUrl, type FromUrlOptions } from './from-url.js';
