/**
 * What cannot be understood of a pattern or a time zone. It carries the code of `ScheduleInvalid`, so `MillraceError.is`
 * knows it; the class of that name lives upstairs, where this room must not look.
 */
export class PatternInvalid extends Error {
  override readonly name = 'ScheduleInvalid';
  readonly code = 'SCHEDULE_INVALID';

  constructor(
    /** `minute`, `weekday`, `months` … or `expression`, `calendar`, `timeZone`, `dayMatch`. */
    readonly field: string,
    /** What is wrong, and what is allowed. */
    readonly problem: string,
  ) {
    super(`${field}: ${problem}`);
  }
}

const longestQuote = 40;

/** Throws: names the field, the part and what is allowed there. */
export function refuse(field: string, part: unknown, problem: string, allowed: string): never {
  throw new PatternInvalid(field, refusalOf(part, problem, allowed));
}

/** `'61' is out of range. Allowed: 0 to 59.` */
export function refusalOf(part: unknown, problem: string, allowed: string): string {
  return `${quote(part)} ${problem}. Allowed: ${allowed}.`;
}

function quote(part: unknown): string {
  if (typeof part !== 'string') return typeof part === 'number' ? String(part) : `a value of type ${typeof part}`;
  return `'${cutQuote(part)}'`;
}

/** As much of a text as a message shows. */
export function cutQuote(text: string): string {
  return text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
}
