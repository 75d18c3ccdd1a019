import { Inject, Injectable } from '@nestjs/common';
import { defineTasks, task, Task, type TaskContext } from 'millrace';

/** One run of the job of a slot. Epoch milliseconds. */
export interface Tick {
  schedule: string;
  slot: number;
  job: string;
  enqueuedAt: number;
  startedAt: number;
}

/** What the schedules start: nothing but a note that it ran. */
export class TickTasks extends defineTasks('ticks', { tick: task({ queue: 'ticks' }) }) {}

/** What has run since somebody asked last. */
export class TickList {
  private ticks: Tick[] = [];

  add(tick: Tick): void {
    this.ticks.push(tick);
  }

  take(): Tick[] {
    const { ticks } = this;
    this.ticks = [];
    return ticks;
  }
}

@Injectable()
export class TickHandlers {
  constructor(@Inject(TickList) private readonly list: TickList) {}

  @Task(TickTasks.tick)
  async tick(_: void, { job, scheduledFor }: TaskContext) {
    const startedAt = Date.now(); // what slots are counted in
    const { id, enqueuedAt, scheduleId } = job;
    this.list.add({ schedule: scheduleId!, slot: scheduledFor!, job: id, enqueuedAt, startedAt });
  }
}
