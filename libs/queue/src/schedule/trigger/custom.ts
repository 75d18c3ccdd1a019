import { ConfigInvalid, ScheduleInvalid } from '../../job/errors.js';
import { isTaskName } from '../../job/id.js';
import { checkTrigger } from './check-trigger.js';
import { lastInstant } from './moments.js';
import { refuse } from './refusal.js';
import type { NormalTrigger } from './trigger.js';

/**
 * Answers the first slot strictly later than `after`, both epoch milliseconds, or `null` when there is none any more. It
 * must answer the same for the same arguments, in every process: whoever asks first fires.
 */
export type CustomNext<D = unknown> = (after: number, data: D) => number | null;

const codes = new Map<string, CustomNext<never>>();

/**
 * Registers the code of a trigger of one's own under a name, and answers the builder of such triggers. The name and the
 * data are stored, the code is not: every process that puts or fires such a schedule defines it first. A name stands for
 * one code; another one is refused with `ConfigInvalid`.
 */
export function defineTrigger<D>(
  name: string,
  next: CustomNext<D>,
): (...data: undefined extends D ? [data?: D] : [data: D]) => NormalTrigger {
  if (typeof name !== 'string' || !isTaskName(name)) {
    throw new ConfigInvalid('defineTrigger', `A trigger is named by 1 to 128 letters, digits, '_', '.' and '-'.`);
  }
  const other = codes.get(name);
  if (other && other.toString() !== next.toString()) {
    throw new ConfigInvalid('defineTrigger', `The trigger '${name}' is defined twice. Choose another name.`);
  }
  codes.set(name, next);
  return (...[data]) => checkTrigger({ trigger: name, data });
}

/** Refuses a trigger whose code this process does not have. */
export function needCode(name: string, field: string): void {
  if (codes.has(name)) return;
  refuse(field, name, 'has no code in this process', `names given to defineTrigger before${namesKnown()}`);
}

/** Asks the code of a trigger; what it throws, and answers that are no later moment, become `ScheduleInvalid`. */
export function askCode(name: string, data: unknown, after: number, field: string): number | null {
  const found = call(name, data, after, field);
  if (found === null) return null;
  if (typeof found !== 'number' || !Number.isFinite(found) || found <= after) {
    const answer = typeof found === 'number' ? String(found) : `a value of type ${typeof found}`;
    throw new ScheduleInvalid(
      field,
      `${field}: the code of '${name}' answered ${answer} for ${after}. Allowed: a later number of milliseconds, or null.`,
    );
  }
  // Rounded up, so that the code is not asked again for a moment before its own answer.
  return found > lastInstant ? null : Math.ceil(found);
}

function call(name: string, data: unknown, after: number, field: string): unknown {
  try {
    return codes.get(name)!(after, data as never);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const error = new ScheduleInvalid(field, `${field}: the code of '${name}' failed for ${after}: ${why}`);
    error.cause = cause;
    throw error;
  }
}

function namesKnown(): string {
  const names = [...codes.keys()].slice(0, 10);
  return names.length > 0 ? `, such as ${names.join(', ')}` : '';
}
