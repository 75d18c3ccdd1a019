import { ConfigInvalid } from '../job/errors.js';
import { isOwnName } from '../job/id.js';
import { limits } from '../job/limits.js';
import type { TaskContext } from '../task/context.js';
import type { TaskOptions } from '../task/definition.js';
import { asked } from './asked.js';

/** Headers a job hands down to the jobs it enqueues: traces, tenants, baggage. */
const handedDown = /^(trace|tenant|x-tenant|baggage)/i;
const maxTags = 32;
const maxHeaders = 8192;

/** The headers of a call, on top of those its parent hands down. */
export function headersOf(
  given: Readonly<Record<string, string>> | undefined,
  parent: TaskContext | undefined,
): Record<string, string> | undefined {
  let headers: Record<string, string> | undefined;
  for (const [name, value] of Object.entries(parent?.job.headers ?? {})) {
    if (handedDown.test(name)) (headers ??= {})[name] = value;
  }
  return given ? { ...headers, ...given } : headers;
}

/** The tags of a task and of a call, each once. */
export function tagsOf(
  task: string,
  ofTask: TaskOptions['tags'],
  ofCall: readonly string[] | undefined,
  payload: unknown,
): string[] | undefined {
  if (!ofTask && !ofCall) return undefined;
  const first = typeof ofTask === 'function' ? asked(task, 'tags', () => ofTask(payload)) : (ofTask ?? []);
  return [...new Set([...first, ...(ofCall ?? [])])];
}

/** Throws `ConfigInvalid` when headers are no texts, or too many. */
export function checkHeaders(headers: Record<string, string>): void {
  let size = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || name === '__proto__') refuse('headers', `headers.${name} must be a text`);
    size += name.length + value.length;
  }
  if (size > maxHeaders) refuse('headers', `headers take ${size} characters, more than ${maxHeaders}`);
}

/** Throws `ConfigInvalid` when tags are no texts, or too many. */
export function checkTags(tags: readonly string[]): void {
  if (tags.length > maxTags) refuse('tags', `a job may have ${maxTags} tags, not ${tags.length}`);
  for (const tag of tags) {
    if (!isOwnName(tag)) {
      refuse('tags', `a tag is a well-formed text of 1 to ${limits.key} characters, not '${String(tag).slice(0, 64)}'`);
    }
  }
}

function refuse(option: string, says: string): never {
  throw new ConfigInvalid(option, `${says}. Nothing was stored.`);
}
