import type { QueueSettings, SettingsChange, TaskSettings } from './store.js';

/** Of a queue that was never configured. */
export const unset: QueueSettings = Object.freeze({
  paused: false,
  maxReady: null,
  maxActive: null,
  rate: null,
  weights: null,
  tasks: Object.freeze({}),
});

/** What is named changes, `null` clears it. Of a task, what is named of it changes, and `null` takes back all that was said. */
export function mergeSettings(before: QueueSettings, { tasks = {}, ...change }: SettingsChange): QueueSettings {
  const merged = { ...before, ...named(change), tasks: mergeTasks(before.tasks, tasks) };
  return { ...merged, paused: merged.paused ?? false };
}

function mergeTasks(before: QueueSettings['tasks'], change: NonNullable<SettingsChange['tasks']>) {
  const merged = new Map(Object.entries(before));
  for (const [task, said] of Object.entries(change)) {
    const settings = said && mergeTask(merged.get(task) ?? {}, said);
    if (settings && Object.keys(settings).length > 0) merged.set(task, settings);
    else merged.delete(task);
  }
  return Object.fromEntries(merged);
}

/**
 * What says nothing is left out. `null` says that there is no bound, whatever the jobs say; `paused: false` that the task was
 * paused, so that its jobs queue up behind those that still wait to be let through.
 */
function mergeTask(before: TaskSettings, change: TaskSettings): TaskSettings {
  const { group, ...merged } = { ...before, ...named(change) };
  const groups = { ...before.group, ...named(group ?? {}) };
  return { ...merged, ...(Object.keys(groups).length > 0 && { group: groups }) };
}

function named<T extends object>(change: T): T {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as T;
}
