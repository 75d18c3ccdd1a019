import { IsString } from 'class-validator';
import type { BatchItem, TaskBatchOptions } from './batch.js';
import { defineTasks } from './define-tasks.js';
import { task } from './task.js';
import { taskMetadataOf, taskMethodsOf } from './task.decorator.js';
import { TaskBatch } from './task-batch.decorator.js';

class Dto {
  @IsString()
  name!: string;
}

class Tasks extends defineTasks('demo', {
  greet: task({ payload: Dto, queue: 'fast', retry: { attempts: 5 }, timeout: '10s' }),
  render: task({ thread: new URL('file:///render.js') }),
}) {}

class Handlers {
  @TaskBatch(Tasks.greet, { max: 100, wait: '2s', retry: { attempts: 2 } })
  greet(_items: BatchItem<Dto>[]) {}

  @TaskBatch(Tasks.greet, { max: 1000 })
  soon() {}
}

/** What the decorator throws, as if it stood on `Handlers.greet`. */
function refused(options: unknown, ref: typeof Tasks.greet | typeof Tasks.render = Tasks.greet) {
  try {
    (TaskBatch as (ref: unknown, options: unknown) => MethodDecorator)(ref, options)(
      { constructor: Handlers },
      'greet',
      {},
    );
  } catch (error) {
    return error as Error & { option: string };
  }
  throw new Error('Nothing was refused');
}

describe('@TaskBatch', () => {
  it('takes name and options from the contract, its own on top, and keeps when a batch begins beside them', () => {
    const { definition, batch, contract } = taskMetadataOf(Handlers.prototype, 'greet')!;
    expect(definition).toMatchObject({ name: 'demo.greet', options: { queue: 'fast', retry: { attempts: 2 } } });
    expect(Object.keys(definition.options)).not.toContain('max');
    expect({ batch, contract }).toEqual({ batch: { max: 100, wait: 2000 }, contract: true });
    expect(taskMethodsOf(Handlers.prototype)).toEqual(['greet', 'soon']);
  });

  it('waits 50 ms unless told otherwise', () => {
    expect(taskMetadataOf(Handlers.prototype, 'soon')!.batch).toEqual({ max: 1000, wait: 50 });
  });

  it('lets pipes see the payload class of one item', () => {
    const types = Reflect.getMetadata('design:paramtypes', Handlers.prototype, 'greet') as unknown[];
    expect(types[0]).toBe(Dto);
  });

  it.each<[string, Partial<TaskBatchOptions> | undefined, string]>([
    ['no options', undefined, 'Handlers.greet'],
    ['no max', { wait: '1s' }, 'Handlers.greet.max'],
    ['no item', { max: 0 }, 'Handlers.greet.max'],
    ['half an item', { max: 1.5 }, 'Handlers.greet.max'],
    ['more than 1 000 items', { max: 1001 }, 'Handlers.greet.max'],
    ['a negative wait', { max: 5, wait: -1 }, 'Handlers.greet.wait'],
    ['a wait that is no duration', { max: 5, wait: 'a while' as never }, 'Handlers.greet.wait'],
    ['a wait as long as the timeout of its task', { max: 5, wait: '10s' }, 'Handlers.greet.wait'],
    ['a wait as long as its own timeout', { max: 5, wait: '1s', timeout: { after: '1s' } }, 'Handlers.greet.wait'],
    ['an option of a task that is out of range', { max: 5, maxActive: 0 }, 'Handlers.greet.maxActive'],
    ['a thread', { max: 5, thread: new URL('file:///a.js') } as never, 'Handlers.greet.thread'],
  ])('refuses %s, at decoration', (_, options, option) => {
    expect(refused(options)).toMatchObject({ code: 'CONFIG_INVALID', option });
  });

  it('refuses a task of a thread, and names what a slip of the hand meant', () => {
    expect(refused({ max: 5 }, Tasks.render)).toMatchObject({ option: 'Handlers.greet.thread' });
    expect(refused({ max: 5, wiat: '1s' })).toMatchObject({ message: expect.stringContaining("'wait'") as string });
  });
});
