import { ConfigInvalid } from '../job/errors.js';
import { checkOptions } from '../job/options.js';
import { checkOneOf } from '../task/check-task-options.js';
import type { BackgroundOptions } from './background-tasks.js';

const known = ['runOn', 'stopOnError'] as const satisfies readonly (keyof BackgroundOptions)[];

/** Throws `ConfigInvalid` at the first option of `@Background()` that is unknown or out of range. */
export function checkBackgroundOptions(options: BackgroundOptions): void {
  checkOptions('@Background', options, known);
  const { runOn, stopOnError } = options;
  if (runOn !== undefined) checkOneOf('@Background.runOn', runOn, ['success', 'always']);
  if (stopOnError !== undefined && typeof stopOnError !== 'boolean') {
    throw new ConfigInvalid('@Background.stopOnError', '@Background.stopOnError: must be true or false.');
  }
}
