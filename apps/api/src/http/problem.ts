import { HttpStatus } from '@nestjs/common';

/** Everything that can go wrong for a caller, with the HTTP status it has. */
export const problemStatus = {
  VALIDATION_FAILED: HttpStatus.BAD_REQUEST,
  SCHEDULE_INVALID: HttpStatus.BAD_REQUEST,
  FORBIDDEN: HttpStatus.FORBIDDEN,
  RESOURCE_NOT_FOUND: HttpStatus.NOT_FOUND,
  METHOD_NOT_ALLOWED: HttpStatus.METHOD_NOT_ALLOWED,
  JOB_FINISHED: HttpStatus.CONFLICT,
  JOB_UNFINISHED: HttpStatus.CONFLICT,
  REPORT_NOT_READY: HttpStatus.CONFLICT,
  SCHEDULE_EXISTS: HttpStatus.CONFLICT,
  PAYLOAD_TOO_LARGE: HttpStatus.PAYLOAD_TOO_LARGE,
  UNSUPPORTED_MEDIA_TYPE: HttpStatus.UNSUPPORTED_MEDIA_TYPE,
  UNKNOWN_TASK: HttpStatus.UNPROCESSABLE_ENTITY,
  QUEUE_FULL: HttpStatus.TOO_MANY_REQUESTS,
  INTERNAL_ERROR: HttpStatus.INTERNAL_SERVER_ERROR,
  STORE_UNAVAILABLE: HttpStatus.SERVICE_UNAVAILABLE,
} as const;

export type ProblemCode = keyof typeof problemStatus;

/** An answer other than success. Thrown anywhere below a controller, written by the `ProblemFilter`. */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    message: string,
    readonly detail: Record<string, unknown> = {},
    /** Seconds after which trying again makes sense. */
    readonly retryAfter?: number,
  ) {
    super(message);
    this.name = 'Problem';
  }

  get status(): number {
    return problemStatus[this.code];
  }
}

/** `notFound('order', { orderId })` says that there is no such order. */
export function notFound(what: string, detail: Record<string, string>): Problem {
  return new Problem('RESOURCE_NOT_FOUND', `There is no ${what} ${Object.values(detail).join(', ')}`, detail);
}
