import type { StoredError } from './errors.js';
import { limits } from './limits.js';

const causes = 5;
/** Characters kept for what should be short, and for the message, before the stack gets the rest. */
const share = { name: 128, code: 128, message: 4096 };

/** An error as it is kept with a job: name, message, code, stack and up to five causes, cut at `limits.error`. Never throws. */
export function storeError(error: unknown, stack = true): StoredError {
  const room = { left: limits.error };
  const stored = describe(error, room, stack);
  let last = stored;
  let cause = read(error, 'cause');
  for (let depth = 0; depth < causes && cause !== undefined && cause !== null && room.left > 0; depth++) {
    last = last.cause = describe(cause, room, stack);
    cause = read(cause, 'cause');
  }
  return stored;
}

/** An Error again, with the same name, message, code, stack and causes. */
export function restoreError(stored: StoredError): Error {
  const cause = stored.cause ? restoreError(stored.cause) : undefined;
  const error = new Error(stored.message, cause ? { cause } : undefined);
  define(error, 'name', stored.name);
  define(error, 'stack', stored.stack ?? `${stored.name}: ${stored.message}`);
  if (stored.code !== undefined) Object.assign(error, { code: stored.code });
  return error;
}

function describe(error: unknown, room: { left: number }, withStack: boolean): StoredError {
  const take = (text: string, most = Infinity) => {
    const cut = clip(text, Math.min(most, room.left));
    room.left -= cut.length;
    return cut;
  };
  const code = read(error, 'code');
  const stack = withStack ? read(error, 'stack') : undefined;
  const stored: StoredError = { name: take(nameOf(error), share.name), message: take(messageOf(error), share.message) };
  if (typeof code === 'string' || typeof code === 'number') stored.code = take(String(code), share.code);
  if (typeof stack === 'string' && room.left > 0) stored.stack = take(stack);
  return stored;
}

function nameOf(error: unknown): string {
  const name = read(error, 'name');
  if (typeof name === 'string' && name !== '') return name;
  return isObject(error) ? 'Error' : `Thrown ${error === null ? 'null' : typeof error}`;
}

/** What was thrown need not be an Error, and its parts need not be kind. */
function messageOf(error: unknown): string {
  const message = read(error, 'message');
  if (typeof message === 'string') return message;
  try {
    return isObject(error) ? (JSON.stringify(error) ?? 'no message') : String(error);
  } catch {
    return 'no message: what was thrown cannot be shown';
  }
}

function read(from: unknown, name: string): unknown {
  try {
    return isObject(from) ? (from as Record<string, unknown>)[name] : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : most < 1 ? '' : `${text.slice(0, most - 1)}…`;
}

function define(error: Error, name: string, value: string): void {
  Object.defineProperty(error, name, { value, configurable: true, writable: true, enumerable: false });
}
