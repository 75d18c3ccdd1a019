import type { EventMap, Events } from '../events/events.js';
import { cut } from '../job/shown.js';
import { formatDuration } from '../time/duration.js';
import type { WorkerLogger } from './options.js';

type Labelled = { id: string; task: string; attempt?: number; worker?: string };

/**
 * Lines about jobs and their worker, written by listening. Results never, payloads only where `payloadOf` shows them.
 * `isExpected` tells errors that are part of the business: those are no alarm, and show no stack. Answers the function
 * that stops it.
 */
export function logJobs(
  events: Events,
  logger: WorkerLogger,
  isExpected: (task: string, error: unknown) => boolean = () => false,
  payloadOf?: (id: string) => string,
): () => void {
  const payload = (id: string) => (payloadOf ? ` payload=${payloadOf(id)}` : '');
  const stops = [
    events.on('job.started', (fact) =>
      logger.debug(
        `Started attempt ${fact.attempt}, ${Math.round(fact.lateBy)} ms late ${labels(fact)}${payload(fact.id)}`,
      ),
    ),
    events.on('job.completed', (fact) => logger.log(`Completed in ${Math.round(fact.ms)} ms ${labels(fact)}`)),
    events.on('job.retry', (fact) =>
      logger[isExpected(fact.task, fact.error) ? 'log' : 'warn'](
        `Attempt ${fact.attempt} failed, next in ${formatDuration(Math.round(fact.delay))}: ${brief(fact.error)} ${labels(fact)}`,
      ),
    ),
    events.on('job.snoozed', (fact) =>
      logger.debug(`Snoozed for ${formatDuration(Math.round(fact.delay))} ${labels(fact)}`),
    ),
    events.on('job.failed', (fact) => logFailure(logger, fact, isExpected(fact.task, fact.error))),
    events.on('job.cancelled', (fact) => logger.log(`Cancelled (${fact.reason}) ${labels(fact)}`)),
    events.on('job.released', (fact) => logger.log(`Given back (${fact.why}) ${labels(fact)}`)),
    events.on('job.stale', (fact) => logger.warn(`Its hold was lost, the ending counts for nothing ${labels(fact)}`)),
    events.on('job.reaped', (fact) => {
      if (fact.released.length + fact.failed.length === 0) return;
      logger.warn(
        `Took back ${fact.released.length} jobs of queue ${fact.queue} from lost workers, ${fact.failed.length} failed`,
      );
    }),
    events.on('worker.started', (fact) =>
      logger.log(`Serving ${fact.queues.join(', ')} with ${fact.tasks.length} tasks workerId=${fact.worker}`),
    ),
    events.on('worker.stopped', (fact) =>
      logger.log(`Stopped, gave back ${fact.released} jobs workerId=${fact.worker}`),
    ),
    events.on('worker.lost', (fact) => logger.warn(`Lost its lease workerId=${fact.worker}`)),
    events.on('store.lost', (fact) => logger.error(`The store at ${fact.url} does not answer: ${brief(fact.error)}`)),
    events.on('store.back', (fact) =>
      logger.log(`The store at ${fact.url} answers again after ${Math.round(fact.ms)} ms`),
    ),
    events.on('error', (fact) => logger.error(`Could not ${fact.doing}: ${brief(fact.error)}`, stackOf(fact.error))),
  ];
  return () => stops.forEach((stop) => stop());
}

function logFailure(logger: WorkerLogger, fact: EventMap['job.failed'], expected: boolean): void {
  const line = `Failed (${fact.reason}): ${brief(fact.error)} ${labels(fact)}`;
  if (expected) logger.log(line);
  else logger.error(line, stackOf(fact.error));
}

function labels({ id, task, attempt, worker }: Labelled): string {
  return `jobId=${id} task=${task} attempt=${attempt ?? '-'} workerId=${worker ?? '-'}`;
}

function brief(error: unknown): string {
  return cut(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

/** The stack, in which the message stands again: cut as well, so that the frames are left. */
function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  const { message, stack } = error;
  return message === '' ? stack : stack.replace(message, () => cut(message));
}
