import { checkRoutes } from '../client/routes.js';
import { ConfigInvalid } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import { checkDuration, checkTaskOptions, checkWhole } from '../task/check-task-options.js';
import type { QueueModuleOptions } from './queue-options.js';

const known = [
  'store',
  'namespace',
  'defaults',
  'overrides',
  'routes',
  'codec',
  'clock',
  'onEnqueue',
  'enqueueTimeout',
  'payloadLimit',
  'resultLimit',
  'connect',
  'background',
] as const satisfies readonly (keyof QueueModuleOptions)[];

/** Throws `ConfigInvalid` at the first option of `QueueModule` that is unknown or out of range; answers the options. */
export function checkQueueOptions(options: QueueModuleOptions): QueueModuleOptions {
  checkOptions('', options, known);
  const { namespace, defaults, overrides, codec, clock, onEnqueue, enqueueTimeout, connect, background } = options;
  if (namespace !== undefined && !/^[A-Za-z0-9_.-]{1,64}$/.test(namespace)) {
    refuse('namespace', `'${String(namespace)}' is no namespace: use at most 64 letters, digits, '_', '.' and '-'`);
  }
  if (defaults !== undefined) checkTaskOptions('defaults', defaults);
  for (const [name, override] of Object.entries(overrides ?? {})) checkTaskOptions(`overrides.${name}`, override);
  if (options.routes !== undefined) checkRoutes(options.routes);
  checkMethods('codec', codec, ['encode', 'decode']);
  checkMethods('clock', clock, ['now', 'monotonic', 'after', 'sleep', 'random']);
  if (onEnqueue !== undefined && typeof onEnqueue !== 'function') refuse('onEnqueue', 'must be a function');
  if (enqueueTimeout !== undefined) checkDuration('enqueueTimeout', enqueueTimeout, 1);
  for (const limit of ['payloadLimit', 'resultLimit'] as const) {
    if (options[limit] !== undefined) checkWhole(limit, options[limit], 1, limits.payloadCeiling);
  }
  if (connect !== undefined) checkOptions('connect', connect, ['retry', 'close']);
  if (background !== undefined) checkOptions('background', background, ['grace', 'max']);
  if (background?.grace !== undefined) checkDuration('background.grace', background.grace, 0);
  if (background?.max !== undefined) checkWhole('background.max', background.max, 1, Number.MAX_SAFE_INTEGER);
  return options;
}

/** That a collaborator handed in has what will be called. */
export function checkMethods(where: string, value: unknown, methods: readonly string[]): void {
  if (value === undefined) return;
  for (const method of methods) {
    if (typeof (value as Record<string, unknown> | null)?.[method] !== 'function') refuse(where, `has no ${method}()`);
  }
}

function refuse(where: string, says: string): never {
  throw new ConfigInvalid(where, `${where}: ${says}.`);
}
