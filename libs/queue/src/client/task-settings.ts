import { limits } from '../job/limits.js';
import { priorities } from '../job/state.js';
import type { TaskDefinition, TaskOptions, UniqueOptions } from '../task/definition.js';
import { overrideOf } from '../task/overrides.js';
import { milliseconds } from '../time/duration.js';

/** What holds for every job of a task unless the call says otherwise. Durations are milliseconds. */
export interface TaskSettings {
  queue: string;
  priority: number;
  expires?: number;
  crashLimit?: number;
  maxActive?: number;
  unique?: UniqueOptions<unknown>;
  tags?: TaskOptions['tags'];
}

/** Module defaults, task and overrides put together, once per task. */
export class SettingsBook {
  private readonly pages = new WeakMap<TaskDefinition, TaskSettings>();

  constructor(
    private readonly defaults: TaskOptions = {},
    private readonly overrides: Record<string, TaskOptions> = {},
  ) {}

  of(task: TaskDefinition): TaskSettings {
    const known = this.pages.get(task);
    if (known) return known;
    const settings = resolve({ ...this.defaults, ...task.options, ...overrideOf(task.name, this.overrides) });
    this.pages.set(task, settings);
    return settings;
  }
}

function resolve(options: TaskOptions): TaskSettings {
  const settings: TaskSettings = {
    queue: options.queue ?? 'default',
    priority: priorities.indexOf(options.priority ?? 'normal'),
  };
  if (options.expires !== undefined) settings.expires = milliseconds(options.expires);
  if (options.onWorkerLost !== undefined) settings.crashLimit = options.onWorkerLost === 'fail' ? 1 : limits.crashes;
  if (options.maxActive !== undefined) settings.maxActive = options.maxActive;
  if (options.unique) settings.unique = options.unique;
  if (options.tags) settings.tags = options.tags;
  return settings;
}
