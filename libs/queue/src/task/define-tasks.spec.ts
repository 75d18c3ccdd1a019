import { jest } from '@jest/globals';
import { ConfigInvalid } from '../job/errors.js';
import { bindTasks, defineTasks, taskGroupOf } from './define-tasks.js';
import type { TaskEnqueuer } from './enqueuer.js';
import { returns, task } from './task.js';
import { TaskRef } from './task-ref.js';

const optionOf = (declare: () => unknown): string => {
  try {
    declare();
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.option;
    throw error;
  }
  return 'accepted';
};

describe('defineTasks', () => {
  class OrderTasks extends defineTasks('orders', {
    process: task({ returns: returns<number>(), queue: 'orders' }),
    sweep: task(),
  }) {
    both() {
      return [this.process.ref.taskName, this.sweep.ref.taskName];
    }
  }

  it('makes statics that are references, named after namespace and field', () => {
    expect(OrderTasks.process).toBeInstanceOf(TaskRef);
    expect(OrderTasks.process.definition).toMatchObject({ name: 'orders.process', options: { queue: 'orders' } });
    expect(taskGroupOf(OrderTasks).namespace).toBe('orders');
    expect(taskGroupOf(OrderTasks).refs).toEqual([OrderTasks.process, OrderTasks.sweep]);
  });

  it('makes instances that are bound clients', async () => {
    const enqueue = jest.fn<TaskEnqueuer['enqueue']>();
    const orders = bindTasks(OrderTasks, { enqueue } as unknown as TaskEnqueuer);
    await orders.sweep.enqueue(undefined, { delay: '1s' });
    expect(enqueue).toHaveBeenCalledWith(OrderTasks.sweep, undefined, { delay: '1s' });
    expect(orders.both()).toEqual(['orders.process', 'orders.sweep']);
  });

  it('says what to do when an instance was made without a queue', () => {
    const orders = new OrderTasks(undefined as unknown as TaskEnqueuer);
    expect(() => orders.sweep.enqueue()).toThrow('QueueModule.forFeature([OrderTasks])');
  });

  it('knows only classes of its own', () => {
    expect(() => taskGroupOf(class Other {})).toThrow('Other is not made by defineTasks()');
  });

  it.each(['name', 'prototype', 'constructor', 'then', 'length'])('refuses a task named %s', (name) => {
    expect(() => defineTasks('orders', { [name]: task() })).toThrow(ConfigInvalid);
  });

  it('refuses names that no store key may carry', () => {
    for (const name of ['a:b', 'a{b}', 'a b', 'a\nb', '', 'x'.repeat(130)]) {
      expect(() => defineTasks('orders', { [name]: task() })).toThrow(ConfigInvalid);
    }
  });
});

describe('options of a task', () => {
  it('DT6: an unknown option is refused at declaration, with the nearest known one', () => {
    const slip = { timout: '5m' } as object;
    expect(() => defineTasks('orders', { process: task(slip) })).toThrow(
      "Unknown option 'orders.process.timout'. Did you mean 'timeout'?",
    );
  });

  it.each<[string, object]>([
    ['queue', { queue: 'no queue' }],
    ['retry.attempts', { retry: { attempts: 0 } }],
    ['retry.attempts', { retry: { attempts: 1001 } }],
    ['retry.delay', { retry: { delay: '5 minutes' } }],
    ['retry.atempts', { retry: { atempts: 5 } }],
    ['timeout', { timeout: 0 }],
    ['timeout.grace', { timeout: { after: '1m', grace: '-1s' } }],
    ['keepResult', { keepResult: 'always' }],
    ['priority', { priority: 'highest' }],
    ['expires', { expires: 0 }],
    ['unique.until', { unique: { until: 'later' } }],
    ['unique.onDuplicate', { unique: { onDuplicate: 'throw' } }],
    ['onWorkerLost', { onWorkerLost: 'ignore' }],
    ['aliases', { aliases: ['a b'] }],
    ['tags', { tags: 'one' }],
    ['deadLetter', { deadLetter: { task: 5 } }],
    ['thread', { thread: './file.js' }],
    ['thread', { thread: new URL('https://example.com/file.js') }],
    ['thread.module', { thread: { module: './file.js' } }],
    ['thread.memory', { thread: { module: new URL('file:///a.js'), memory: '256 mb' } }],
    ['thread.memory', { thread: { module: new URL('file:///a.js'), memory: '1MB' } }],
    ['thread.recycle.jobs', { thread: { module: new URL('file:///a.js'), recycle: { jobs: 0 } } }],
    ['thread.threads', { thread: { module: new URL('file:///a.js'), threads: 0.5 } }],
    ['thread.memroy', { thread: { module: new URL('file:///a.js'), memroy: '256MB' } }],
  ])('refuse %s out of range', (option, options) => {
    expect(optionOf(() => defineTasks('t', { x: task(options) }))).toBe(`t.x.${option}`);
  });
});
