import { ScheduleInvalid } from '../../job/errors.js';
import { PatternInvalid, refusalOf } from '../../time/refusal.js';

/** Throws `ScheduleInvalid`: names the dotted field, the part and what is allowed there. */
export function refuse(field: string, part: unknown, problem: string, allowed: string): never {
  throw new ScheduleInvalid(field, `${field}: ${refusalOf(part, problem, allowed)}`);
}

/** Throws `ScheduleInvalid` for something as a whole, of which no part can be shown. */
export function refuseWhole(field: string, problem: string, allowed: string): never {
  throw new ScheduleInvalid(field, `${field} ${problem}. Allowed: ${allowed}.`);
}

/** What `read` answers; where the engine refuses a field of a pattern, `place` says where that field is. */
export function reading<T>(read: () => T, place: (field: string) => string): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PatternInvalid)) throw error;
    const field = place(error.field);
    throw new ScheduleInvalid(field, `${field}: ${error.problem}`);
  }
}
