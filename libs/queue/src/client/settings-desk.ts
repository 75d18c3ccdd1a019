import { ConfigInvalid, UnknownTask } from '../job/errors.js';
import { isQueueName, isTaskName } from '../job/id.js';
import { checkOptions, nearestName } from '../job/options.js';
import type { QueueSettings, Store } from '../store/store.js';
import type { TaskDefinition } from '../task/definition.js';
import type { TaskRef } from '../task/task-ref.js';
import {
  type QueueChange,
  queueChange,
  type QueueSettingsView,
  queueSettingsView,
  type TaskChange,
  taskChange,
  type TaskSettingsView,
  taskSettingsView,
} from './queue-change.js';
import type { SettingsBook } from './task-settings.js';

/** Where the jobs of a task live. */
export interface TaskPlace {
  /** Default: the queue that its contract, overrides or routes name. */
  queue?: string;
}

/** A queue, or a task in its queue. */
type Target = { queue: string; task?: string };

const unset: QueueSettings = {
  ...{ paused: false, maxReady: null, maxActive: null, rate: null, weights: null },
  tasks: {},
};

/** Where people change how fast queues and tasks run, and read what was changed. */
export class SettingsDesk {
  constructor(
    private readonly store: Store,
    private readonly book: SettingsBook,
    private readonly declared: ReadonlyMap<string, TaskDefinition>,
  ) {}

  async configure(
    which: TaskRef<never> | TaskRef | string,
    change: QueueChange | TaskChange | null,
    place: TaskPlace | undefined,
  ): Promise<QueueSettingsView | TaskSettingsView> {
    const { queue, task } = await this.targetOf(which, place);
    if (task === undefined)
      return queueSettingsView(await this.store.configure(queue, queueChange(change as QueueChange)));
    const said = taskChange(change);
    const { tasks } = await this.store.configure(queue, { tasks: { [task]: said } });
    return taskSettingsView(tasks[task] ?? {});
  }

  async settings(
    which: TaskRef<never> | TaskRef | string,
    place: TaskPlace | undefined,
  ): Promise<QueueSettingsView | TaskSettingsView> {
    const { queue, task } = await this.targetOf(which, place);
    const record = (await this.store.counts()).find((known) => known.queue === queue);
    const settings = record?.settings ?? unset;
    return task === undefined ? queueSettingsView(settings) : taskSettingsView(settings.tasks[task] ?? {});
  }

  /** A text is a task where one of that name was declared or its queue is given, and else a queue. */
  private async targetOf(which: TaskRef<never> | TaskRef | string, place: TaskPlace | undefined): Promise<Target> {
    if (place !== undefined) checkOptions('', place, ['queue']);
    if (typeof which === 'object') return this.taskIn(which.definition, place?.queue);
    const known = this.declared.get(which);
    if (known) return this.taskIn(known, place?.queue);
    if (place?.queue !== undefined) {
      if (!isTaskName(which)) throw new ConfigInvalid('task', `'${String(which).slice(0, 64)}' is no task name.`);
      return { queue: checkedQueue(place.queue), task: which };
    }
    return { queue: await this.checkedAgainstTasks(checkedQueue(which)) };
  }

  private taskIn(definition: TaskDefinition, queue: string | undefined): Target {
    return { task: definition.name, queue: queue === undefined ? this.book.of(definition).queue : checkedQueue(queue) };
  }

  /** A queue may be told something before its first job, so a slip in a task's name, which has a dot, would go unnoticed. */
  private async checkedAgainstTasks(queue: string): Promise<string> {
    const nearest = queue.includes('.') ? nearestName(queue, this.declared.keys()) : undefined;
    if (nearest === undefined) return queue;
    if ((await this.store.counts()).some((record) => record.queue === queue)) return queue;
    throw new UnknownTask(queue, nearest);
  }
}

function checkedQueue(queue: string): string {
  if (isQueueName(queue)) return queue;
  throw new ConfigInvalid('queue', `'${String(queue).slice(0, 64)}' is no queue name.`);
}
