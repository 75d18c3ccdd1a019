import { Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { QueueModule } from '../queue.module.js';
import { memory } from '../store/memory/index.js';
import { TaskContext } from '../task/context.js';
import { opensInThread, type ThreadHandler } from '../task/thread-task.js';
import { WorkerModule } from '../worker.module.js';
import { threadTask } from './thread-task.js';

const told: string[] = [];

@Injectable()
class Paper implements OnApplicationShutdown {
  private readonly logger = new Logger('Paper');
  sheets = 5;

  onApplicationShutdown() {
    told.push('closed');
  }

  take(): number {
    this.logger.log('one less');
    return --this.sheets;
  }
}

@Module({ providers: [Paper], exports: [Paper] })
class PaperModule {}

@Injectable()
class Render implements ThreadHandler<{ name: string }, string> {
  constructor(private readonly paper: Paper) {}

  run({ name }: { name: string }, { attempt }: TaskContext) {
    return `${name} ${attempt} ${this.paper.take()}`;
  }
}

describe('threadTask', () => {
  beforeEach(() => void told.splice(0));
  const open = (task: ReturnType<typeof threadTask>) =>
    task[opensInThread]((level, line) => void told.push(`${level} ${line}`));

  it('DT9: makes the class with what its imports provide, and keeps it', async () => {
    const task = await open(threadTask(Render, { imports: [PaperModule] }));
    const context = TaskContext.fake({ attempt: 2 });

    expect(await task.run({ name: 'a' }, context)).toBe('a 2 4');
    expect(await task.run({ name: 'b' }, context)).toBe('b 2 3');
    await task.close();
    expect(told).toEqual(['log [Paper] one less', 'log [Paper] one less', 'closed']);
  });

  it('takes providers of its own', async () => {
    const task = await open(threadTask(Render, { providers: [{ provide: Paper, useValue: { take: () => 'none' } }] }));
    expect(await task.run({ name: 'a' }, TaskContext.fake())).toBe('a 1 none');
    await task.close();
  });

  it('says what Nest cannot resolve, and leaves the process alive', async () => {
    await expect(open(threadTask(Render))).rejects.toThrow("Nest can't resolve dependencies of the Render");
  });

  it('refuses imports that lead to a worker, which would take jobs itself', async () => {
    const imports = [QueueModule.forRoot({ store: memory() }), WorkerModule.forRoot(), PaperModule];
    await expect(open(threadTask(Render, { imports }))).rejects.toMatchObject({ option: 'threadTask' });
  });

  it('refuses what has no run()', () => {
    class Other {}
    expect(() => threadTask(Other as never)).toThrow('takes a class with a method run(payload, context)');
  });
});
