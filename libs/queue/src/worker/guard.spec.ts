import { EventEmitter } from 'node:events';
import { TaskContext } from '../task/context.js';
import { guard } from './guard.js';
import { handler, promised, World } from './testdata/world.js';

describe('guard', () => {
  let world: World;
  let exitCode: typeof process.exitCode;
  beforeEach(() => {
    world = new World();
    exitCode = process.exitCode;
  });
  afterEach(async () => {
    process.exitCode = exitCode;
    await world.close();
  });

  it('W5: an error nobody caught is logged with its job; the worker shows as unhealthy, drains and leaves', async () => {
    const source = new EventEmitter();
    const lines: string[] = [];
    const left = promised();
    const gate = promised();
    const silent = () => undefined;
    const logger = { debug: silent, log: silent, warn: silent, error: (line: string) => void lines.push(line) };
    const worker = await world.worker([
      handler(async (_, ctx) => {
        TaskContext.run(ctx, () => source.emit('unhandledRejection', new Error('in a timer')));
        await gate.promise;
      }),
    ]);
    const drop = guard({ worker, logger, leave: left.keep, source: source as unknown as NodeJS.Process });
    const { id } = await world.queue.enqueue('work');
    await world.events.next('worker.quiet');
    expect(worker.status()).toMatchObject({ live: false, ready: false });
    expect(lines).toEqual([expect.stringContaining(`in a timer jobId=${id} task=work`)]);
    gate.keep();
    await left.promise;
    drop();

    expect(process.exitCode).toBe(1);
    expect(await world.look(id)).toMatchObject({ state: 'completed' });
    expect(source.listenerCount('unhandledRejection')).toBe(0);
  });

  it('leaves once, whatever else breaks on the way out, and also when the worker cannot stop', async () => {
    const source = new EventEmitter();
    let left = 0;
    const worker = { condemn: () => undefined, stop: () => Promise.reject(new Error('stuck')) };
    guard({ worker, leave: () => left++, source: source as unknown as NodeJS.Process });

    source.emit('uncaughtException', new Error('first'));
    source.emit('uncaughtException', new Error('second'));
    await new Promise(setImmediate);

    expect(left).toBe(1);
  });
});
