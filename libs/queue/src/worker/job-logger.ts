import type { TaskLogger } from '../task/context.js';
import type { Attempt } from './attempt.js';
import type { Notes } from './notes.js';
import type { WorkerLogger } from './options.js';

/** `ctx.logger`: writes to the worker's logger, with the job's id, and keeps the lines with the job. */
export class JobLogger implements TaskLogger {
  constructor(
    private readonly attempt: Attempt,
    private readonly notes: Notes,
    private readonly logger?: WorkerLogger,
  ) {}

  debug(message: string): void {
    this.write('debug', message);
  }

  log(message: string): void {
    this.write('log', message);
  }

  warn(message: string): void {
    this.write('warn', message);
  }

  error(message: string): void {
    this.write('error', message);
  }

  private write(level: keyof TaskLogger, message: string): void {
    this.logger?.[level](`${message} ${labels(this.attempt)}`);
    // Lines are for the eye: one that cannot be kept is no reason for a handler to fail.
    this.notes.line(level === 'log' ? message : `${level}: ${message}`).catch(() => undefined);
  }
}

function labels({ held: { job, worker }, number }: Attempt): string {
  return `jobId=${job.id} task=${job.task} attempt=${number} workerId=${worker}`;
}
