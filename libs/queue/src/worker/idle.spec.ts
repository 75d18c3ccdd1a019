import { redisAvailable, startRedis } from '../../testkit/redis-server.js';
import { Redis } from 'ioredis';
import { redis } from '../store/redis/index.js';
import { ManualClock } from '../time/manual-clock.js';
import { nextTurn } from '../time/loop.js';
import { handler } from './testdata/world.js';
import { Worker } from './worker.js';

/** Seconds of idling: enough for every duty to come round. */
const seconds = 60;

(redisAvailable() ? describe : describe.skip)('an idle worker on Redis', () => {
  it('sends less than 2 commands a second, maintenance and lists of queues included', async () => {
    const server = await startRedis();
    const plain = new Redis(server.url);
    const store = redis({ url: server.url, onWarning: () => {} });
    await store.open();
    const clock = new ManualClock();
    const worker = new Worker({ store, clock, handlers: [handler(() => {})], name: 'idle' });
    await worker.start();
    // Calls of one connection are answered in their order: once this one is, so are those before.
    const calm = async () => {
      for (let calls = 0; calls < 3; calls++) {
        await store.time();
        await nextTurn();
      }
    };
    await clock.advance('2s');
    await calm();

    const monitor = await plain.monitor();
    let sent = 0;
    let over = false;
    monitor.on('monitor', (_time: string, [name, text]: string[], source: string) => {
      over ||= text === 'the end'; // what leaving costs is not idling
      if (!over && source !== 'lua' && name!.toLowerCase() !== 'time') sent++;
    });
    for (let second = 0; second < seconds; second++) {
      await clock.advance('1s');
      await calm();
    }
    await plain.ping('the end');
    while (!over) await nextTurn();
    const stopped = worker.stop({ now: true });
    await clock.advance('1s');
    await stopped;
    expect(sent / seconds).toBeLessThan(2);
    expect(sent / seconds).toBeGreaterThan(1); // it does look once a second

    monitor.disconnect();
    plain.disconnect();
    await store.close();
    await server.stop();
  });
});
