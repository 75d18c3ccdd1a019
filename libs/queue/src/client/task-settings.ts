import { limits } from '../job/limits.js';
import { priorities } from '../job/state.js';
import type { TaskDefinition, TaskOptions, UniqueOptions } from '../task/definition.js';
import { overrideOf } from '../task/overrides.js';
import { milliseconds } from '../time/duration.js';
import { type GatePlan, gatePlanOf } from './gates.js';
import { Routes } from './routes.js';

/** What holds for every job of a task unless the call says otherwise. Durations are milliseconds. */
export interface TaskSettings {
  queue: string;
  priority: number;
  expires?: number;
  crashLimit?: number;
  /** Absent: its jobs pass no gates. */
  gates?: GatePlan;
  unique?: UniqueOptions<unknown>;
  tags?: TaskOptions['tags'];
}

/** Module defaults, routes, task and overrides put together, once per task. */
export class SettingsBook {
  private readonly pages = new WeakMap<TaskDefinition, TaskSettings>();

  constructor(
    private readonly defaults: TaskOptions = {},
    private readonly overrides: Record<string, TaskOptions> = {},
    private readonly routes = new Routes(),
  ) {}

  of(task: TaskDefinition): TaskSettings {
    const known = this.pages.get(task);
    if (known) return known;
    const override = overrideOf(task.name, this.overrides);
    const queue = this.routes.queueOf(task.name, override?.queue ?? task.options.queue, this.defaults);
    const settings = resolve(task.name, queue, { ...this.defaults, ...task.options, ...override });
    this.pages.set(task, settings);
    return settings;
  }
}

function resolve(task: string, queue: string, options: TaskOptions): TaskSettings {
  const settings: TaskSettings = {
    queue,
    priority: priorities.indexOf(options.priority ?? 'normal'),
  };
  if (options.expires !== undefined) settings.expires = milliseconds(options.expires);
  if (options.onWorkerLost !== undefined) settings.crashLimit = options.onWorkerLost === 'fail' ? 1 : limits.crashes;
  const gates = gatePlanOf(task, options);
  if (gates) settings.gates = gates;
  if (options.unique) settings.unique = options.unique;
  if (options.tags) settings.tags = options.tags;
  return settings;
}
