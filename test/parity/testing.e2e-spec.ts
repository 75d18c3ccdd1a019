import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { defineTasks, Queue, QueueModule, returns, Task, task, TaskContext, WorkerModule } from 'millrace';
import { memory } from 'millrace/testing';

class MailTasks extends defineTasks('mail', { send: task({ returns: returns<string>() }) }) {}

@Injectable()
class Mailer {
  send = async (to: string) => `really sent to ${to}`;
}

@Injectable()
class MailHandlers {
  constructor(private readonly mailer: Mailer) {}

  @Task(MailTasks.send)
  async send(_: void, ctx: TaskContext) {
    await ctx.progress(50);
    return `${await this.mailer.send(ctx.job.headers['to'] ?? 'nobody')}, attempt ${ctx.attempt}`;
  }
}

const mailer = { send: (to: string) => Promise.resolve(`pretended to ${to}`) };

describe('testing', () => {
  it('TD1: a method is called with a context made for the test', async () => {
    const handlers = new MailHandlers(mailer);
    const context = TaskContext.fake({ attempt: 2, job: { headers: { to: 'ada' } } });

    expect(await handlers.send(undefined, context)).toBe('pretended to ada, attempt 2');
    expect(context.signal.aborted).toBe(false);
  });

  it('TD1: a provider is overridden in a Nest testing module, the rest is the application', async () => {
    const module = await Test.createTestingModule({
      imports: [QueueModule.forRoot({ store: memory() }), WorkerModule.forRoot({ signals: false, health: false })],
      providers: [Mailer, MailHandlers],
    })
      .overrideProvider(Mailer)
      .useValue(mailer)
      .compile();
    module.useLogger(false);
    const app = await module.init();

    expect(await app.get(Queue).run(MailTasks.send, undefined, { headers: { to: 'eve' } })).toBe(
      'pretended to eve, attempt 1',
    );
    await app.close();
  });
});
