import type { WorkerLogger } from './options.js';
import { Discard } from '../task/signals.js';
import { handler, World } from './testdata/world.js';

class CardDeclined extends Error {}

describe('log', () => {
  let world: World;
  beforeEach(() => (world = new World()));
  afterEach(() => world.close());

  function setup() {
    const lines: string[] = [];
    const say = (level: string) => (message: string, stack?: string) =>
      void lines.push(`${level} ${message}${stack ? ' +stack' : ''}`);
    const logger: WorkerLogger = { debug: say('debug'), log: say('log'), warn: say('warn'), error: say('error') };
    return { lines, logger };
  }

  it('WK13: writes a line per start and ending, with job, task, attempt and worker, and never a payload', async () => {
    const { lines, logger } = setup();
    const worker = await world.worker([handler(() => 'secret result')], { logger });
    const { id } = await world.queue.enqueue('work', { password: 'hunter2' });
    await worker.idle();

    const labels = `jobId=${id} task=work attempt=1 workerId=${worker.id}`;
    expect(lines).toContain(`debug Started attempt 1, 0 ms late ${labels}`);
    expect(lines).toContain(`log Completed in 0 ms ${labels}`);
    expect(lines.join()).not.toMatch(/hunter2|secret/);
  });

  it('warns of a retry, and shows the stack of a failure', async () => {
    const { lines, logger } = setup();
    const worker = await world.worker(
      [handler(() => Promise.reject(new Error('no')), { retry: { attempts: 2, delay: '1s' } })],
      { logger },
    );
    await world.queue.enqueue('work');
    await worker.idle();
    await world.clock.advance('1s');

    expect(lines).toContainEqual(expect.stringMatching(/^warn Attempt 1 failed, next in 1s: Error: no jobId=/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^error Failed \(exhausted\): Error: no jobId=.* attempt=2 .*\+stack$/),
    );
  });

  it('DT10: writes expected errors without alarm and without stack', async () => {
    const { lines, logger } = setup();
    const worker = await world.worker(
      [
        handler(() => Promise.reject(new CardDeclined('no funds')), {
          retry: { attempts: 1 },
          expected: [CardDeclined],
        }),
      ],
      { logger },
    );
    const { id } = await world.queue.enqueue('work');
    await worker.idle();

    expect(lines).toContainEqual(expect.stringMatching(/^log Failed \(exhausted\): .*no funds jobId=[^+]*$/));
    expect(await world.look(id)).toMatchObject({ state: 'failed' });
  });

  it('labels what a handler logs', async () => {
    const { lines, logger } = setup();
    const worker = await world.worker(
      [
        handler((_, ctx) => {
          ctx.logger.error('cannot find it');
          throw new Discard('gone');
        }),
      ],
      { logger },
    );
    const { id } = await world.queue.enqueue('work');
    await worker.idle();

    expect(lines).toContain(`error cannot find it jobId=${id} task=work attempt=1 workerId=${worker.id}`);
    expect(await world.look(id)).toMatchObject({ log: ['error: cannot find it'] });
  });

  it('DT9: tells of a blocked event loop and the tasks that ran', async () => {
    const { lines, logger } = setup();
    const worker = await world.worker([handler(() => new Promise(() => undefined))], { logger });
    const started = world.events.next('job.started');
    const blocked = world.events.next('worker.blocked');
    await world.queue.enqueue('work');
    await started;
    await world.clock.advance('2s');
    world.clock.freeze('7s');
    await world.clock.advance('1s');

    expect(await blocked).toMatchObject({ worker: worker.id, tasks: ['work'] });
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn The event loop was blocked for [67]\d{3} ms while these ran: work\./),
    );
  });
});
