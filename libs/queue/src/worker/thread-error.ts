import * as errors from '../job/errors.js';
import { Aborted } from '../task/context.js';
import * as signals from '../task/signals.js';

type ErrorClass = abstract new (...args: never[]) => unknown;

/** What was thrown in a thread, on its way out: copying an error between threads keeps its message, and little else. */
export interface PackedError {
  /** Of the class and its parents, nearest first. Empty for what is no error. */
  classes: string[];
  name: string;
  message: string;
  stack?: string;
  cause?: PackedError;
  /** Its own fields, as far as they can be copied. */
  fields: Record<string, unknown>;
}

const natives = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError };
const ours: Record<string, unknown> = { ...errors, ...signals, Aborted, ...natives };
const causes = 5;

/** Never throws. */
export function packError(error: unknown, depth = 0): PackedError {
  if (!(error instanceof Error)) return { classes: [], name: '', message: '', fields: { thrown: copied(error) } };
  const { cause, ...fields } = error as Error & Record<string, unknown>;
  return {
    classes: classesOf(error),
    name: String(error.name),
    message: String(error.message),
    stack: error.stack,
    cause: (cause ?? error.cause) === undefined || depth >= causes ? undefined : packError(error.cause, depth + 1),
    fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, copied(value)])),
  };
}

/**
 * The error again: of its own class where that is one of ours, of the language, or among `known`, so that `Snooze` and
 * `retry: { never: [Declined] }` mean in a thread what they mean elsewhere.
 */
export function unpackError(packed: PackedError, known: readonly ErrorClass[] = []): unknown {
  const { classes, name, message, stack, cause, fields } = packed;
  if (classes.length === 0) return fields.thrown;
  const error = new Error(message, cause && { cause: unpackError(cause, known) });
  const found = classes.map((own) => known.find((type) => type.name === own) ?? ours[own]).find(isClass);
  if (found) Object.setPrototypeOf(error, found.prototype as object);
  for (const [field, value] of Object.entries({ name, stack })) {
    Object.defineProperty(error, field, { value, configurable: true, writable: true, enumerable: false });
  }
  return Object.assign(error, fields);
}

function classesOf(error: Error): string[] {
  const names: string[] = [];
  for (let type = Object.getPrototypeOf(error) as object | null; type; type = Object.getPrototypeOf(type) as object) {
    const { name } = type.constructor;
    if (name && name !== 'Object') names.push(name);
  }
  return names;
}

/** What cannot be copied is left out. */
function copied(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return undefined;
  }
}

const isClass = (value: unknown): value is ErrorClass & { prototype: unknown } => typeof value === 'function';
