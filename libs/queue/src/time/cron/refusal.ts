/**
 * What cannot be understood of a schedule. It carries the code of `ScheduleInvalid`, so `MillraceError.is` knows it;
 * the class of that name lives upstairs, where this room must not look.
 */
export class CronInvalid extends Error {
  override readonly name = 'ScheduleInvalid';
  readonly code = 'SCHEDULE_INVALID';

  constructor(
    /** `minute`, `weekday` … or `expression`, `timeZone`, `dayMatch`. */
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

const longestQuote = 40;

/** Throws: names the field, the part and what is allowed there. */
export function refuse(field: string, part: unknown, problem: string, allowed: string): never {
  throw new CronInvalid(field, `Cron ${field}: ${quote(part)} ${problem}. Allowed: ${allowed}.`);
}

function quote(part: unknown): string {
  if (typeof part !== 'string') return typeof part === 'number' ? String(part) : `a value of type ${typeof part}`;
  return part.length > longestQuote ? `'${part.slice(0, longestQuote)}…'` : `'${part}'`;
}
