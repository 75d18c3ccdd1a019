import 'reflect-metadata';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  Controller,
  Get,
  HttpCode,
  Inject,
  Injectable,
  type LoggerService,
  type OnModuleDestroy,
  Param,
  Post,
  Redirect,
  Res,
  Scope,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Request, Response } from 'express';
import {
  Background,
  BackgroundRunner,
  BackgroundTasks,
  defineTasks,
  QueueModule,
  type QueueModuleOptions,
  task,
} from 'millrace';
import { memory } from 'millrace/testing';
import { eventually } from '../support/eventually.js';
import { afterwards, closeAll, mill, promised, refusal } from './mill.js';

class MailTasks extends defineTasks('mail', { welcome: task<{ to: string }>({ queue: 'mill' }) }) {}

type Plan = (background: BackgroundTasks) => unknown;

const ambient = new AsyncLocalStorage<string>();
let plans: Record<string, Plan> = {};
let trail: string[] = [];

beforeEach(() => {
  plans = {};
  trail = [];
});
afterEach(closeAll);

/** Stands for a database session: made for a request, closed with what it was made for. */
@Injectable({ scope: Scope.REQUEST })
class Session implements OnModuleDestroy {
  private static made = 0;
  readonly id = ++Session.made;
  open = true;

  constructor(@Inject(REQUEST) readonly request: Request) {}

  onModuleDestroy() {
    this.open = false;
    trail.push('session closed');
  }
}

@Injectable()
class Mailer implements OnModuleDestroy {
  onModuleDestroy() {
    trail.push('mailer closed');
  }
}

/** Every route does what the test has planned under its name. */
@Controller()
class Routes {
  @Post('plain/:plan')
  plain(@Param('plan') plan: string, @Background() background: BackgroundTasks) {
    return plans[plan]!(background);
  }

  @Post('always/:plan')
  always(@Param('plan') plan: string, @Background({ runOn: 'always' }) background: BackgroundTasks) {
    return plans[plan]!(background);
  }

  @Post('stopping/:plan')
  stopping(@Param('plan') plan: string, @Background({ stopOnError: true }) background: BackgroundTasks) {
    return plans[plan]!(background);
  }

  @Post('own/:plan')
  own(@Param('plan') plan: string, @Background() background: BackgroundTasks, @Res() response: Response) {
    plans[plan]!(background);
    response.status(202).send('of my own making');
  }

  @Get('moved/:plan')
  @Redirect('/elsewhere', 302)
  moved(@Param('plan') plan: string, @Background() background: BackgroundTasks) {
    plans[plan]!(background);
  }

  @Get('nothing/:plan')
  @HttpCode(204)
  nothing(@Param('plan') plan: string, @Background() background: BackgroundTasks) {
    plans[plan]!(background);
  }
}

/** Until `holds` throws nothing. */
const until = (holds: () => unknown) => eventually(() => (holds(), true));

/** An HTTP application whose middleware leaves something in the air of each request. */
async function site(background?: QueueModuleOptions['background']) {
  const lines: string[] = [];
  const say = (text: unknown) => void lines.push(String(text));
  const logger: LoggerService = { log: () => undefined, warn: say, error: say };
  const hungUp = promised();
  const store = memory();
  const module = await Test.createTestingModule({
    imports: [QueueModule.forRoot({ store, background })],
    controllers: [Routes],
    providers: [Session, Mailer],
  }).compile();
  const app = module.createNestApplication<NestExpressApplication>();
  app.useLogger(logger);
  app.use((_: Request, response: Response, next: () => void) => {
    response.once('close', () => hungUp.keep());
    ambient.run('of the request', next);
  });
  await app.listen(0);
  const url = await app.getUrl().then((text) => text.replace('[::1]', 'localhost'));
  let closed = false;
  const close = async () => {
    if (!closed) await app.close();
    closed = true;
  };
  afterwards(close);
  return {
    ...{ app, url, store, lines, close },
    runner: app.get(BackgroundRunner),
    /** Once the client of a request is known to be gone. */
    hungUp: hungUp.promise,
    post: (path: string) => fetch(`${url}/${path}`, { method: 'POST', headers: { 'x-tenant': 'acme' } }),
  };
}

describe('background.add', () => {
  it('BG1: runs after the response has reached the client, one by one, in the order added', async () => {
    const s = await site();
    const gate = promised();
    plans.two = (background) => {
      background.add(async () => {
        background.add(() => trail.push('added by the first'));
        trail.push('first begins');
        await gate.promise;
        trail.push('first ends');
      });
      background.add(() => trail.push('second'));
      trail.push('handler');
      return { ok: true };
    };

    const response = await s.post('plain/two');
    expect(await response.json()).toEqual({ ok: true });
    await until(() => expect(trail).toEqual(['handler', 'first begins']));
    gate.keep();
    await s.runner.drain();

    expect(trail.slice(2)).toEqual(['first ends', 'second', 'added by the first']);
  });

  it('BG1: sees nothing that middleware, or a function before it, left in the air', async () => {
    const s = await site();
    const seen: (string | undefined)[] = [];
    plans.look = (background) => {
      seen.push(ambient.getStore());
      background.add(() => {
        seen.push(ambient.getStore());
        ambient.enterWith('of the first function');
      });
      background.add(() => seen.push(ambient.getStore()));
    };

    await s.post('plain/look');
    await s.runner.drain();

    expect(seen).toEqual(['of the request', undefined, undefined]);
  });

  it('BG1: goes on when the connection is gone, and responses do not wait for each other', async () => {
    const s = await site();
    const gate = promised();
    plans.slow = (background) => background.add(() => gate.promise.then(() => trail.push('slow')));
    plans.quick = (background) => void background.add(() => trail.push('quick'));

    await s.post('plain/slow');
    await s.post('plain/quick');
    s.app.getHttpServer().closeAllConnections();
    await until(() => expect(trail).toEqual(['quick']));
    gate.keep();
    await s.runner.drain();

    expect(trail).toEqual(['quick', 'slow']);
  });

  it.each([
    ['succeeds', 'runs', true],
    ['fails', 'does not run', false],
  ])('BG1 BG5: waits for a handler whose client hung up; where it %s, it %s', async (_, _says, well) => {
    const s = await site();
    const begun = promised();
    const gate = promised();
    plans.left = async (background) => {
      background.add(() => trail.push('ran'));
      begun.keep();
      await gate.promise;
      if (!well) throw new Error('out of stock');
    };
    const client = get(`${s.url}/plain/left`, { method: 'POST' }).on('error', () => undefined);
    await begun.promise;
    client.destroy();
    await s.hungUp;
    expect(s.runner).toMatchObject({ active: 1, counts: { completed: 0, dropped: 0 } });

    gate.keep();
    await until(() => expect(s.runner.active).toBe(0));

    expect(trail).toEqual(well ? ['ran'] : []);
    expect(s.runner.counts).toEqual({ completed: well ? 1 : 0, failed: 0, dropped: well ? 0 : 1 });
  });
});

describe('background.addBlocking', () => {
  let folder: string;
  const modules = {
    'hold.mjs': `import { threadId } from 'node:worker_threads';
      export default ({ cells }) => {
        const view = new Int32Array(cells);
        Atomics.store(view, 1, threadId);
        Atomics.wait(view, 0, 0);
        Atomics.store(view, 2, 1);
      };`,
    'throws.mjs': `export default ({ what }) => { throw new RangeError(what); };`,
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-background-'));
    for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('BG2: runs the module in a worker thread, in its turn, while the event loop serves others', async () => {
    const s = await site();
    const cells = new SharedArrayBuffer(12);
    const view = new Int32Array(cells);
    plans.hold = (background) => {
      background.add(() => trail.push('before'));
      background.addBlocking(pathToFileURL(join(folder, 'hold.mjs')), { cells });
      background.add(() => trail.push(`after, it had ended: ${Atomics.load(view, 2)}`));
    };
    plans.other = () => 'served';

    await s.post('plain/hold');
    await until(() => expect(Atomics.load(view, 1)).toBeGreaterThan(0));
    const other = await s.post('plain/other');
    expect([await other.text(), ...trail]).toEqual(['served', 'before']);
    Atomics.store(view, 0, 1);
    Atomics.notify(view, 0);
    await s.runner.drain();

    expect(trail).toEqual(['before', 'after, it had ended: 1']);
    expect(s.runner.counts).toEqual({ completed: 3, failed: 0, dropped: 0 });
  });

  it('BG2 BG4: logs and counts what a thread throws, or a payload that cannot be copied, and goes on', async () => {
    const s = await site();
    plans.throws = (background) => {
      background.addBlocking(join(folder, 'throws.mjs'), { what: 'too wide' });
      background.addBlocking(join(folder, 'throws.mjs'), { what: () => 'a function' });
      background.addBlocking(join(folder, 'missing.mjs'));
      background.add(() => trail.push('after'));
    };

    await s.post('plain/throws');
    await s.runner.drain();

    expect(trail).toEqual(['after']);
    expect(s.runner.counts).toEqual({ completed: 1, failed: 3, dropped: 0 });
    expect(s.lines).toEqual([
      expect.stringContaining('RangeError: too wide'),
      expect.stringContaining('could not be cloned'),
      expect.stringContaining('missing.mjs'),
    ]);
  });

  it('BG2: refuses a relative path where it is added, as it would depend on where the process was started', async () => {
    const s = await site();
    let error: unknown;
    plans.relative = async (background) => {
      error = await refusal(() => background.addBlocking('./throws.mjs'));
    };

    await s.post('plain/relative');

    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      option: 'file',
      message: expect.stringContaining('new URL'),
    });
  });

  it('BG2 BG6: terminates a thread that outlasts the grace of a shutdown', async () => {
    const s = await site({ grace: 1 });
    const cells = new SharedArrayBuffer(12);
    plans.hold = (background) => background.addBlocking(join(folder, 'hold.mjs'), { cells });
    await s.post('plain/hold');
    await until(() => expect(new Int32Array(cells)[1]).toBeGreaterThan(0));

    await s.close();

    await until(() => expect(s.runner).toMatchObject({ active: 0, counts: { completed: 0, failed: 1 } }));
  });
});

describe('a function of its own', () => {
  it('BG3: gets fresh request-scoped providers, of the request that was answered, closed when it has ended', async () => {
    const s = await site();
    const sessions: Session[] = [];
    const use = async (background: BackgroundTasks, name: string) => {
      background.add(async ({ resolve }) => {
        const session = await resolve(Session);
        sessions.push(session, await resolve(Session));
        trail.push(`${name} for ${String(session.request.headers['x-tenant'])}, open: ${session.open}`);
        expect(await resolve(Mailer)).toBe(s.app.get(Mailer));
      });
    };
    plans.two = (background) => {
      void use(background, 'first');
      void use(background, 'second');
    };

    await s.post('plain/two');
    await s.runner.drain();

    const [first, again, second] = sessions.map((session) => session.id);
    expect(again).toBe(first);
    expect(second).not.toBe(first);
    const closed = 'session closed';
    expect(trail).toEqual(['first for acme, open: true', closed, 'second for acme, open: true', closed]);
    expect(s.runner.counts).toEqual({ completed: 2, failed: 0, dropped: 0 });
  });

  it('BG3: closes what a failed function was given, too', async () => {
    const s = await site();
    plans.fails = (background) =>
      background.add(async ({ resolve }) => {
        await resolve(Session);
        throw new Error('no');
      });

    await s.post('plain/fails');
    await s.runner.drain();

    expect(trail).toEqual(['session closed']);
  });
});

describe('a function that fails', () => {
  const failing: Plan = (background) => {
    background.add(() => {
      throw new Error('thrown at once');
    });
    background.add(() => Promise.reject(new Error('rejected later')));
    background.add(() => trail.push('third'));
  };

  it('BG4: is logged and counted, and those behind it run', async () => {
    const s = await site();
    plans.failing = failing;

    expect((await s.post('plain/failing')).status).toBe(201);
    await s.runner.drain();

    expect(trail).toEqual(['third']);
    expect(s.runner.counts).toEqual({ completed: 1, failed: 2, dropped: 0 });
    expect(s.lines).toEqual([expect.stringContaining('thrown at once'), expect.stringContaining('rejected later')]);
  });

  it('BG4: drops those behind it with stopOnError, of its own response alone', async () => {
    const s = await site();
    plans.failing = failing;
    plans.fine = (background) => void background.add(() => trail.push('of another response'));

    await s.post('stopping/failing');
    await s.post('stopping/fine');
    await s.runner.drain();

    expect(trail).toEqual(['of another response']);
    expect(s.runner).toMatchObject({ active: 0, counts: { completed: 1, failed: 1, dropped: 2 } });
  });
});

describe('an answer', () => {
  it('BG5: that is an error drops the functions, unless they run always', async () => {
    const s = await site();
    plans.broken = (background) => {
      background.add(() => trail.push('ran'));
      throw new Error('out of stock');
    };

    expect((await s.post('plain/broken')).status).toBe(500);
    await until(() => expect(s.runner.counts.dropped).toBe(1));
    expect(trail).toEqual([]);

    expect((await s.post('always/broken')).status).toBe(500);
    await until(() => expect(trail).toEqual(['ran']));
    expect(s.runner.active).toBe(0);
  });

  it.each([
    ['POST', 'own', 202],
    ['GET', 'moved', 302],
    ['GET', 'nothing', 204],
  ])('BG5: %s %s, made another way, loses none (%d)', async (method, route, status) => {
    const s = await site();
    plans.note = (background) => background.add(() => trail.push('ran'));

    const response = await fetch(`${s.url}/${route}/note`, { method, redirect: 'manual' });

    expect(response.status).toBe(status);
    await until(() => expect(trail).toEqual(['ran']));
  });
});

describe('shutdown', () => {
  it('BG6: waits for what was left, before what it uses is closed', async () => {
    const s = await site();
    const begun = promised();
    const gate = promised();
    plans.slow = (background) => {
      background.add(() => (begun.keep(), gate.promise));
      background.add(() => trail.push('last'));
    };
    await s.post('plain/slow');
    await begun.promise;

    const closing = s.close();
    gate.keep();
    await closing;

    expect(trail).toEqual(['last', 'mailer closed']);
  });

  it('BG6: waits for what a request leaves that was still being answered, too', async () => {
    const s = await site();
    const [entered, answer, begun, gate] = [promised(), promised(), promised(), promised()];
    plans.late = async (background) => {
      background.add(async () => {
        begun.keep();
        await gate.promise;
        // Long enough for a shutdown that does not wait to come first.
        await new Promise((resolve) => setImmediate(resolve));
        trail.push('late');
      });
      entered.keep();
      await answer.promise;
    };
    const response = s.post('plain/late');
    await entered.promise;

    const stopped = once(s.app.getHttpServer(), 'close');
    const closing = s.close().then(() => trail.push('closed'));
    await until(() => expect(trail).toEqual(['mailer closed']));
    answer.keep();
    await Promise.all([response, begun.promise, stopped]);
    gate.keep();
    await closing;

    expect(trail).toEqual(['mailer closed', 'late', 'closed']);
  });

  it('BG6: waits for `background.grace` and no longer; what has not begun by then is dropped, and the log says so', async () => {
    const s = await site({ grace: 1 });
    const begun = promised();
    const gate = promised();
    plans.stuck = (background) => {
      background.add(() => (begun.keep(), gate.promise));
      background.add(() => trail.push('never'));
    };
    await s.post('plain/stuck');
    await begun.promise;

    await s.close();
    expect(s.lines).toEqual([expect.stringMatching(/^1 functions .* after 1 ms, and 1 behind them will not run$/)]);
    gate.keep();
    await until(() => expect(s.runner.active).toBe(0));

    expect(trail).toEqual(['mailer closed']);
    expect(s.runner.counts).toEqual({ completed: 1, failed: 0, dropped: 1 });
  });
});

describe('background.enqueue', () => {
  it('BG6: makes it a job, typed like any, which another process runs after this one is gone', async () => {
    const s = await site();
    plans.durable = async (background) => {
      // @ts-expect-error The payload is that of the task.
      const wrong = () => background.enqueue(MailTasks.welcome, { too: 'ada' });
      const { id, state } = await background.enqueue(MailTasks.welcome, { to: 'ada' }, { tags: ['sign-up'] });
      return { id, state, typed: typeof wrong };
    };

    const answer = await (await s.post('plain/durable')).json();
    expect(answer).toMatchObject({ state: 'ready' });
    const m = await mill({
      store: s.store,
      realTime: true,
      handlers: [[MailTasks.welcome, ({ to }: { to: string }) => `mail to ${to}`]],
    });
    await m.rest();

    expect(await m.look(answer as { id: string })).toMatchObject({ result: 'mail to ada', tags: ['sign-up'] });
  });
});

describe('the bound', () => {
  it('BG6: refuses more functions than `background.max`, says what to do, and has room again when they have ended', async () => {
    const s = await site({ max: 2 });
    const gate = promised();
    const refused: (Error & { code?: string })[] = [];
    plans.fill = async (background) => {
      background.add(() => gate.promise);
      background.add(() => trail.push('second'));
      refused.push(await refusal(() => background.add(() => trail.push('too many'))));
    };
    plans.one = (background) => background.add(() => trail.push('one more'));

    await s.post('plain/fill');
    const full = await s.post('plain/one');
    gate.keep();
    await s.runner.drain();
    const again = await s.post('plain/one');
    await s.runner.drain();

    expect(refused).toMatchObject([
      { code: 'BACKGROUND_FULL', max: 2, message: expect.stringMatching(/background\.enqueue\(\).*background\.max/) },
    ]);
    expect([full.status, again.status]).toEqual([500, 201]);
    expect(trail).toEqual(['second', 'one more']);
  });

  it('is 1 000 functions of the process unless told otherwise', async () => {
    const s = await site();
    let added = 0;
    plans.flood = async (background) => {
      const error = await refusal(() => {
        for (; added < 2000; added++) background.add(() => undefined);
      });
      return error.message;
    };

    expect(await (await s.post('plain/flood')).text()).toContain('1000 functions');
    await s.runner.drain();

    expect(s.runner).toMatchObject({ active: 0, counts: { completed: 1000 } });
    expect(added).toBe(1000);
  });
});

describe('options', () => {
  it.each([
    ['background.grace', { grace: -1 }],
    ['background.grace', { grace: 'soon' }],
    ['background.max', { max: 0 }],
    ['background.max', { max: 1.5 }],
    ['background.gracee', { gracee: '1s' }],
  ])('BG6: %s is refused at boot when it is %j', async (option, background) => {
    expect(await refusal(() => site(background as QueueModuleOptions['background']))).toMatchObject({
      code: 'CONFIG_INVALID',
      option,
    });
  });

  it.each([
    ['@Background.runOn', { runOn: 'never' }],
    ['@Background.stopOnError', { stopOnError: 'yes' }],
    ['@Background.stopOnErrors', { stopOnErrors: true }],
  ])('BG4 BG5: %s is refused where it stands', async (option, options) => {
    expect(await refusal(() => Background(options as never))).toMatchObject({ code: 'CONFIG_INVALID', option });
  });
});
