import { TaskContext } from '../task/context.js';
import type { Worker } from './worker.js';
import type { WorkerLogger } from './options.js';

export interface GuardOptions {
  worker: Pick<Worker, 'condemn' | 'stop'>;
  logger?: WorkerLogger;
  /** Ends the application once the worker has drained. Default: `process.exitCode` is 1, and the process ends when nothing holds it. */
  leave?: () => unknown;
  /** Where errors nobody caught come from. Default: this process. */
  source?: Pick<NodeJS.Process, 'on' | 'off'>;
}

/**
 * An error that nobody caught, in a timer or a promise without a handler, leaves the process in a state nobody knows.
 * The guard logs it with the job in whose code it began, shows the worker as unhealthy, lets it drain and leaves with a
 * code that is not zero. Answers the function that takes the guard away.
 */
export function guard({ worker, logger, leave = () => undefined, source = process }: GuardOptions): () => void {
  let leaving = false;
  const caught = (error: unknown) => {
    const job = TaskContext.current()?.job;
    const whose = job ? `jobId=${job.id} task=${job.task}` : 'outside of any job';
    logger?.error(
      `Nobody caught this error, so this worker drains and leaves: ${String(error)} ${whose}`,
      stackOf(error),
    );
    process.exitCode = 1;
    if (leaving) return; // whatever else breaks on the way out is only told
    leaving = true;
    worker.condemn();
    void worker.stop().then(leave, leave);
  };
  source.on('uncaughtException', caught);
  source.on('unhandledRejection', caught);
  return () => {
    source.off('uncaughtException', caught);
    source.off('unhandledRejection', caught);
  };
}

const stackOf = (error: unknown) => (error instanceof Error ? error.stack : undefined);
