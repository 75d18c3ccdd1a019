import { setup, stores } from './world.js';

const suite = stores.includes('redis') ? describe : describe.skip;

suite('Redis that goes away', () => {
  let world: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => void (world = await setup('redis')));
  afterEach(() => world.close());

  it('R8, R1: killed and restarted with its append-only file, it has every job, and what ran goes on without a second run', async () => {
    await world.worker();
    const held = await world.tasks.hold.enqueue({ name: 'held' });
    const waiting = await world.tasks.write.enqueue({ name: 'later' }, { delay: '2s' });
    await world.line('began', 'held');
    await world.store.time();

    await world.redis!.kill();
    await expect(world.tasks.write.enqueue({ name: 'lost' })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await world.redis!.restart();
    world.go();

    await held.result({ timeout: '15s' });
    await waiting.result({ timeout: '15s' });
    expect(world.lines('began', 'held')).toHaveLength(1);
    expect(world.lines('ran', 'later')).toHaveLength(1);
    expect(world.lines('ran', 'lost')).toEqual([]);
  }, 60_000);

  it('A5, R6: a worker resumes by itself within 5 s of the return of its store', async () => {
    await world.worker();
    await world.tasks.write.run({ name: 'before' }, { timeout: '10s' });

    await world.redis!.kill();
    await world.redis!.restart();
    const backAt = Date.now();
    await world.tasks.write.run({ name: 'after' }, { timeout: '10s' });

    expect(Date.now() - backAt).toBeLessThanOrEqual(5000);
  }, 60_000);
});
