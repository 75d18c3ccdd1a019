import type { JobView } from '../job/view.js';
import type { JobRecord, QueueRecord, WorkerRecord } from '../store/store.js';
import { shownWait, taskPaused, whyParked } from './why-parked.js';

/** What `whyWaiting` looks at besides the job. */
export interface Surroundings {
  /** Epoch milliseconds on the store's clock. */
  now: number;
  /** The job's queue, if the store knows it. */
  queue?: Pick<QueueRecord, 'counts' | 'settings'>;
  /** For a blocked job: the first it waits for, if the store knows it. */
  blockedBy?: Pick<JobRecord, 'state'>;
  /** For a ready job in front of a closed gate: that gate. */
  parked?: JobRecord['parked'];
  workers: readonly Pick<WorkerRecord, 'queues' | 'tasks' | 'concurrency'>[];
}

type Waiting = Pick<JobView, 'state' | 'reason' | 'runAt' | 'queue' | 'task' | 'waitsFor'>;

/** Why a job does not run yet, in one sentence that says what would help; `undefined` when it runs or has ended. */
export function whyWaiting(job: Waiting, around: Surroundings): string | undefined {
  if (job.state === 'blocked') return blocked(job, around.blockedBy);
  if (job.state === 'scheduled') return scheduled(job, around.now);
  if (job.state !== 'ready') return undefined;
  const settings = around.queue?.settings;
  if (settings?.paused) return `Queue ${job.queue} is paused.`;
  if (settings?.tasks[job.task]?.paused) return taskPaused(job.task, job.queue);
  const serving = around.workers.filter((worker) => worker.queues.includes(job.queue));
  if (serving.length === 0) return `No worker serves queue ${job.queue}. Start one, or add the queue to a worker.`;
  if (!serving.some((worker) => worker.tasks.includes(job.task))) return unknown(job, serving.length);
  if (around.parked) return whyParked(job, around.parked, settings?.tasks[job.task], around.now);
  return behind(job, around, serving);
}

function blocked({ waitsFor: [first, ...others] }: Waiting, parent: Surroundings['blockedBy']): string {
  if (first === undefined) return 'It is about to be told that the jobs it waited for have ended.';
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return `It waits for job ${first} (${parent?.state ?? 'gone'})${more}.`;
}

const waits: Record<string, string> = {
  delay: 'It waits for its time',
  retry: 'Its last attempt failed, and the next waits for its time',
  snooze: 'Its last attempt put it off',
  'unknown-task': 'No worker that took it knows its task, so it was put off',
};

function scheduled(job: Waiting, now: number): string {
  const left = (job.runAt ?? now) - now;
  const what = waits[job.reason ?? 'delay'] ?? 'It waits for its time';
  return left > 0 ? `${what}: due in ${shownWait(left)}.` : `${what}: due now, and the next worker to look takes it.`;
}

function unknown(job: Waiting, workers: number): string {
  const serve = workers === 1 ? 'The worker that serves' : `None of the ${workers} workers that serve`;
  return `${serve} queue ${job.queue} ${workers === 1 ? 'does not know' : 'knows'} task ${job.task}. Deploy one that handles it.`;
}

function behind(job: Waiting, { queue }: Surroundings, serving: Surroundings['workers']): string {
  const places = serving.reduce((sum, worker) => sum + worker.concurrency, 0);
  const { ready = 1, active = 0 } = queue?.counts ?? {};
  const { maxActive = null, rate = null } = queue?.settings ?? {};
  if (maxActive !== null && active >= maxActive) {
    return `At most ${maxActive} jobs of queue ${job.queue} run at a time, and as many do; ${ready} jobs are ready.`;
  }
  if (active >= places) return `All ${places} places for queue ${job.queue} are taken; ${ready} jobs are ready.`;
  const pace = rate ? `, of which at most ${rate.text} begin,` : '';
  return `It is one of ${ready} ready jobs of queue ${job.queue}${pace} and is about to be taken.`;
}
