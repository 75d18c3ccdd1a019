import { HttpException, HttpStatus } from '@nestjs/common';
import {
  type ConfigInvalid,
  MillraceError,
  type PayloadInvalid,
  type QueueFull,
  type ScheduleExists,
  type ScheduleInvalid,
} from 'millrace';
import { Problem, type ProblemCode, problemStatus } from './problem.js';

/** Any error, as the answer a caller gets. What nobody foresaw says nothing of the inside. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (MillraceError.is(error)) return fromMillrace(error);
  return fromHttp(error) ?? new Problem('INTERNAL_ERROR', 'Something went wrong on our side');
}

function fromMillrace(error: MillraceError): Problem {
  switch (error.code) {
    case 'PAYLOAD_INVALID':
      return new Problem('VALIDATION_FAILED', error.message, { issues: (error as PayloadInvalid).issues });
    case 'CONFIG_INVALID':
      return new Problem('VALIDATION_FAILED', error.message, {
        issues: [{ path: (error as ConfigInvalid).option, message: error.message }],
      });
    case 'SCHEDULE_INVALID':
      return new Problem('SCHEDULE_INVALID', error.message, {
        issues: [{ path: (error as ScheduleInvalid).field, message: error.message }],
      });
    case 'SCHEDULE_EXISTS':
      return new Problem('SCHEDULE_EXISTS', error.message, { scheduleId: (error as ScheduleExists).id });
    case 'PAYLOAD_TOO_LARGE':
    case 'UNKNOWN_TASK':
      return new Problem(error.code, error.message);
    case 'QUEUE_FULL':
      return new Problem('QUEUE_FULL', error.message, {}, Math.ceil((error as QueueFull).retryAfter / 1000));
    case 'JOB_NOT_FOUND':
      return new Problem('RESOURCE_NOT_FOUND', error.message);
    case 'STORE_UNAVAILABLE':
    case 'STORE_OUT_OF_MEMORY':
      return new Problem('STORE_UNAVAILABLE', 'The job store does not answer; try again soon', {}, 1);
    default:
      return new Problem('INTERNAL_ERROR', 'Something went wrong on our side');
  }
}

/** Errors of Nest, and of the body parser, which carry a status of their own. */
function fromHttp(error: unknown): Problem | undefined {
  const status = error instanceof HttpException ? error.getStatus() : (error as { status?: unknown } | null)?.status;
  if (!(error instanceof Error) || typeof status !== 'number' || status >= 500) return undefined;
  if (status === (HttpStatus.PAYLOAD_TOO_LARGE as number)) {
    return new Problem('PAYLOAD_TOO_LARGE', 'The body is larger than 256 KiB');
  }
  const codes = Object.keys(problemStatus) as ProblemCode[];
  const code = codes.find((name) => problemStatus[name] === (status as HttpStatus)) ?? 'VALIDATION_FAILED';
  return new Problem(code, error.message);
}
