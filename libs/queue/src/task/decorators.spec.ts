import { IsString } from 'class-validator';
import type { JobInfo } from './context.js';
import { TaskContext } from './context.js';
import { defineTasks } from './define-tasks.js';
import { OnJob, onJobMetadataOf } from './on-job.decorator.js';
import { RetryLater, Snooze } from './signals.js';
import { returns, task } from './task.js';
import { Task, taskMetadataOf, taskMethodsOf } from './task.decorator.js';

class Dto {
  @IsString()
  name!: string;
}

class Tasks extends defineTasks('demo', {
  greet: task({ payload: Dto, returns: returns<string>(), queue: 'fast', retry: { attempts: 5 } }),
}) {}

class Handlers {
  @Task(Tasks.greet, { retry: { attempts: 2 } })
  greet(dto: { name: string }, _context: TaskContext) {
    return dto.name;
  }

  @Task({ queue: 'slow' })
  async reindex(dto: Dto) {
    return dto.name;
  }

  @Task()
  async nightly() {}

  @OnJob('failed', Tasks.greet)
  alert() {}

  @OnJob('completed')
  count(_job: JobInfo) {}
}

class Special extends Handlers {
  @Task()
  async more() {}
}

const types = (method: string) => Reflect.getMetadata('design:paramtypes', Handlers.prototype, method) as unknown[];

describe('@Task', () => {
  it('takes name and options from the contract, its own options on top', () => {
    const { definition, contract } = taskMetadataOf(Handlers.prototype, 'greet')!;
    expect(contract).toBe(true);
    expect(definition).toMatchObject({ name: 'demo.greet', options: { queue: 'fast', retry: { attempts: 2 } } });
    expect(Tasks.greet.definition.options.retry).toEqual({ attempts: 5 });
  });

  it('names a task without a contract Class.method, and finds its payload class by reflection', async () => {
    const { definition } = taskMetadataOf(Handlers.prototype, 'reindex')!;
    expect(definition).toMatchObject({ name: 'Handlers.reindex', options: { queue: 'slow' }, payload: { type: Dto } });
    expect(await definition.payload!.check({ name: 5 })).toMatchObject({ issues: [{ path: 'name' }] });
    expect(taskMetadataOf(Handlers.prototype, 'nightly')!.definition.payload).toBeUndefined();
  });

  it('restores the payload class where reflection sees Object, for pipes', () => {
    expect(types('greet')[0]).toBe(Dto);
    expect(types('reindex')[0]).toBe(Dto);
  });

  it('is found on a prototype and its parents', () => {
    expect(taskMethodsOf(Handlers.prototype)).toEqual(['greet', 'reindex', 'nightly']);
    expect(taskMethodsOf(Special.prototype)).toEqual(['greet', 'reindex', 'nightly', 'more']);
    expect(taskMetadataOf(Special.prototype, 'greet')?.definition.name).toBe('demo.greet');
    expect(taskMetadataOf(Handlers.prototype, 'alert')).toBeUndefined();
  });

  it('refuses a second task on one method, and lets a subclass declare it anew', () => {
    expect(() => Task()(Handlers.prototype, 'greet', {})).toThrow(
      "Handlers.greet handles 'demo.greet' and 'Handlers.greet'. A method handles one task",
    );

    class Own extends Handlers {
      @Task({ queue: 'own' })
      override async nightly() {}
    }
    expect(taskMethodsOf(Own.prototype)).toEqual(['greet', 'reindex', 'nightly']);
    expect(taskMetadataOf(Own.prototype, 'nightly')?.definition.name).toBe('Own.nightly');
  });

  it('refuses an option nobody knows', () => {
    expect(() => Task({ quueue: 'x' } as object)(Handlers.prototype, 'reindex', {})).toThrow("Did you mean 'queue'?");
  });

  it('DT1: leaves an ordinary method, which a direct call runs in process', async () => {
    const handlers = new Handlers();
    expect(handlers.greet({ name: 'Ada' }, TaskContext.fake())).toBe('Ada');
  });
});

describe('a direct call', () => {
  class Mails {
    @Task()
    async send(to: string) {
      if (to === 'down') throw new RetryLater('60s', { message: 'try later' });
      return to;
    }

    @Task()
    async bulk(all: string[]) {
      const errors: string[] = [];
      for (const to of all) await this.send(to).catch((error: Error) => errors.push(error.message));
      return { sent: all.length - errors.length, failed: errors.length, errors };
    }
  }

  it('RE2: of one task by another throws an ordinary Error that catch sees, and the bulk task completes', async () => {
    const answer = await new Mails().bulk(['a', 'down', 'b']);
    expect(answer).toEqual({ sent: 2, failed: 1, errors: ['try later'] });
  });
});

describe('@OnJob', () => {
  it('remembers event and task', () => {
    expect(onJobMetadataOf(Handlers.prototype)).toEqual([
      { method: 'alert', event: 'failed', task: 'demo.greet' },
      { method: 'count', event: 'completed', task: undefined },
    ]);
  });
});

describe('TaskContext.fake', () => {
  it('is a first attempt that nobody cancels', async () => {
    const context = TaskContext.fake();
    expect(context).toBeInstanceOf(TaskContext);
    expect(context).toMatchObject({ attempt: 1, isLastAttempt: false, job: { queue: 'default' } });
    expect(context.signal.aborted).toBe(false);
    expect(await context.step('once', () => 5)).toBe(5);
    expect(() => context.snooze('1m')).toThrow(Snooze);
  });

  it('takes any part, and any part of its job', () => {
    const context = TaskContext.fake({ attempt: 3, job: { id: 'x', headers: { tenant: 'a' } } });
    expect(context).toMatchObject({
      attempt: 3,
      idempotencyKey: 'x',
      job: { id: 'x', headers: { tenant: 'a' }, queue: 'default' },
    });
  });
});
