import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { ConflictException, Controller, Get, Injectable, type OnModuleDestroy, Post } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { Queue } from '../client/queue.js';
import { QueueModule } from '../queue.module.js';
import { memory } from '../store/memory/index.js';
import { TaskContext } from '../task/context.js';
import { defineTasks } from '../task/define-tasks.js';
import { task } from '../task/task.js';
import { Background } from './background.decorator.js';
import { BackgroundTasks } from './background-tasks.js';
import { BackgroundRunner } from './runner.js';

class MailTasks extends defineTasks('mail', { welcome: task({ queue: 'mail' }) }) {}

const trail: string[] = [];
const ambient = new AsyncLocalStorage<string>();
let gate: Promise<void>;
let open: () => void;
let begun: Promise<void>;
let begin: () => void;

@Controller()
class Users {
  @Post('users')
  signUp(@Background() background: BackgroundTasks) {
    background.add(async () => {
      trail.push('first begins');
      begin();
      await gate;
      trail.push(`first ends, ambient ${ambient.getStore()} ${TaskContext.current() === undefined}`);
      background.add(() => trail.push('added late'));
    });
    background.add(() => {
      throw new Error('second');
    });
    background.add(() => trail.push('third'));
    trail.push('handler');
    return { ok: true };
  }

  @Get('fails')
  fails(@Background() background: BackgroundTasks) {
    background.add(() => trail.push('must not run'));
    throw new ConflictException();
  }

  @Get('always')
  always(@Background({ runOn: 'always' }) background: BackgroundTasks) {
    background.add(() => trail.push('runs all the same'));
    throw new ConflictException();
  }

  @Post('durable')
  async durable(@Background() background: BackgroundTasks) {
    const { id } = await background.enqueue(MailTasks.welcome);
    return { id };
  }
}

@Injectable()
class Mailer implements OnModuleDestroy {
  onModuleDestroy() {
    trail.push('mailer closed');
  }
}

async function setup() {
  trail.length = 0;
  gate = new Promise((resolve) => (open = resolve));
  begun = new Promise((resolve) => (begin = resolve));
  const module = await Test.createTestingModule({
    imports: [QueueModule.forRoot({ store: memory() })],
    controllers: [Users],
    providers: [Mailer],
  }).compile();
  const app = module.createNestApplication<NestExpressApplication>();
  app.useLogger(false);
  app.use((_req: unknown, _res: unknown, next: () => void) => ambient.run('request', next));
  await app.listen(0);
  return { app, http: request(app.getHttpServer()), runner: app.get(BackgroundRunner) };
}

describe('background.add', () => {
  it('runs after the response, in order, each alone, in a context of its own', async () => {
    const { app, http, runner } = await setup();

    await http.post('/users').expect(201, { ok: true });
    await begun;
    expect(trail).toEqual(['handler', 'first begins']);
    open();
    await runner.drain();

    expect(trail.slice(2)).toEqual(['first ends, ambient undefined true', 'third', 'added late']);
    expect(runner.counts).toEqual({ completed: 3, failed: 1, dropped: 0 });
    await app.close();
  });

  it('is dropped after an error, unless told otherwise', async () => {
    const { app, http, runner } = await setup();

    await http.get('/fails').expect(409);
    await http.get('/always').expect(409);
    await runner.drain();

    expect(trail).toEqual(['runs all the same']);
    await app.close();
  });

  it('is awaited at shutdown, before what it uses is closed', async () => {
    const { app, http } = await setup();
    await http.post('/users').expect(201);

    const closing = app.close();
    open();
    await closing;

    expect(trail.indexOf('third')).toBeGreaterThan(0);
    expect(trail.at(-1)).toBe('mailer closed');
  });

  it('is awaited for the grace and no longer', async () => {
    const { app, http, runner } = await setup();
    runner.grace = 1;
    await http.post('/users').expect(201);

    await app.close();

    expect(trail).toContain('mailer closed');
    expect(trail).not.toContain('third');
    open();
    await runner.drain();
  });

  it('runs once where both finish and close are told, as on the raw response of Fastify', async () => {
    const { app, runner } = await setup();
    const raw = Object.assign(new EventEmitter(), { statusCode: 200 });
    const background = new BackgroundTasks(runner, undefined, raw);
    background.add(() => trail.push('ran'));

    raw.emit('finish');
    raw.emit('close');
    await runner.drain();

    expect(trail).toEqual(['ran']);
    await app.close();
  });

  it('runs when the client hung up before the end', async () => {
    const { app, runner } = await setup();
    const raw = Object.assign(new EventEmitter(), { statusCode: 200 });
    new BackgroundTasks(runner, undefined, raw).add(() => trail.push('ran'));

    raw.emit('close');
    await runner.drain();

    expect(trail).toEqual(['ran']);
    await app.close();
  });
});

describe('background.enqueue', () => {
  it('stores a job', async () => {
    const { app, http } = await setup();

    const { body } = await http.post('/durable').expect(201);

    expect(await app.get(Queue).job((body as { id: string }).id)).toMatchObject({
      task: 'mail.welcome',
      state: 'ready',
    });
    await app.close();
  });
});
