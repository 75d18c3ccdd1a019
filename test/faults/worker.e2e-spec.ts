import { eventually } from '../support/eventually.js';
import { setup, stores } from './world.js';

describe.each(stores)('workers that die, on %s', (kind) => {
  let world: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => void (world = await setup(kind)));
  afterEach(() => world.close());

  it('W1: a job whose worker was killed with -9 runs again within lease + 2 s, once, one crash more and no attempt charged', async () => {
    const first = await world.worker();
    const job = await world.tasks.hold.enqueue({ name: 'a' });
    const began = await world.line('began', 'a');
    await world.worker();

    const killedAt = Date.now();
    first.signal('SIGKILL');
    const again = await world.line('began', 'a', 2);
    const took = Date.now() - killedAt;
    world.go();

    await job.result({ timeout: '10s' });
    expect(took).toBeLessThanOrEqual(2000 + 2000);
    expect(again.fence).toBeGreaterThan(began.fence);
    expect(again.attempt).toBe(1);
    expect(world.lines('began')).toHaveLength(2);
    expect(world.lines('ended')).toHaveLength(1);
    expect(await job.refresh()).toMatchObject({ state: 'completed', crashes: 1 });
  });

  it('W2: a worker frozen past its lease cannot settle what it lost, and its job is settled once', async () => {
    const frozen = await world.worker();
    const job = await world.tasks.hold.enqueue({ name: 'b' });
    const began = await world.line('began', 'b');
    await world.worker();

    frozen.signal('SIGSTOP');
    const again = await world.line('began', 'b', 2);
    frozen.signal('SIGCONT');
    const lost = await world.line('aborted:lease-lost', 'b');
    world.go();
    await job.result({ timeout: '10s' });

    expect(lost.pid).toBe(began.pid);
    expect(again.pid).not.toBe(began.pid);
    expect(world.lines('ended')).toEqual([expect.objectContaining({ pid: again.pid })]);
    const next = await world.tasks.write.run({ name: 'after' }, { timeout: '10s' });
    expect(next.worker).toBeGreaterThan(0);
    frozen.signal('SIGTERM');
    expect(await frozen.ended).toBe(0);
  });

  it('W6: a job that kills its process is failed with WorkerLost at the third crash, and takes no innocent neighbour along', async () => {
    const neighbours = await Promise.all([1, 2, 3, 4, 5].map((n) => world.tasks.hold.enqueue({ name: `n${n}` })));
    const job = await world.tasks.poison.enqueue({ name: 'p' });
    let ended = false;
    const supervisor = (async () => {
      while (!ended) {
        const worker = await world.worker({ LEASE: '1s' }).catch(() => undefined);
        if (worker) await Promise.race([worker.ended, eventually(() => ended, { within: 60_000 })]);
      }
    })();
    await world.line('began', 'p');
    world.go();

    await expect(job.result({ timeout: '45s' })).rejects.toMatchObject({
      code: 'JOB_FAILED',
      error: { name: 'WorkerLost' },
    });
    await Promise.all(neighbours.map((neighbour) => neighbour.result({ timeout: '30s' })));
    ended = true;
    await supervisor;

    expect(world.lines('began', 'p')).toHaveLength(3);
    expect(await job.refresh()).toMatchObject({ state: 'failed', reason: 'worker-lost', crashes: 3 });
    for (const neighbour of neighbours) expect(await neighbour.refresh()).toMatchObject({ state: 'completed' });
  }, 90_000);

  it('L1: SIGTERM lets running jobs end, gives back nothing that ran, and exits 0', async () => {
    const worker = await world.worker();
    const job = await world.tasks.hold.enqueue({ name: 'c' });
    await world.line('began', 'c');

    worker.signal('SIGTERM');
    world.go();

    expect(await worker.ended).toBe(0);
    expect(await job.refresh()).toMatchObject({ state: 'completed', crashes: 0 });
    expect(world.lines('aborted:shutdown')).toEqual([]);
  });

  it('L1: what outlives the grace is aborted, given back uncharged, and runs elsewhere', async () => {
    const worker = await world.worker({ GRACE: '200ms' });
    const job = await world.tasks.hold.enqueue({ name: 'd' });
    await world.line('began', 'd');

    worker.signal('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(await job.refresh()).toMatchObject({ state: 'ready', crashes: 0, attempts: [] });
    expect(world.lines('aborted:shutdown', 'd')).toHaveLength(1);

    await world.worker();
    const again = await world.line('began', 'd', 2);
    world.go();
    await job.result({ timeout: '10s' });
    expect(again.attempt).toBe(1);
  });

  it('WK1: two workers share 10 000 jobs, and each runs exactly once', async () => {
    await Promise.all([world.worker({ CONCURRENCY: '50' }), world.worker({ CONCURRENCY: '50' })]);
    const names = Array.from({ length: 10_000 }, (_, n) => `j${n}`);
    for (let at = 0; at < names.length; at += 1000) {
      await world.tasks.write.enqueueMany(names.slice(at, at + 1000).map((name) => ({ payload: { name } })));
    }

    await eventually(() => world.lines('ran').length >= names.length, { within: 60_000, what: '10 000 lines' });
    await eventually(
      async () => (await world.queue.counts()).every(({ counts }) => counts.ready + counts.active === 0),
      { within: 10_000, what: 'an empty queue' },
    );

    const ran = world.lines('ran');
    expect(ran).toHaveLength(names.length);
    expect(new Set(ran.map((line) => line.name))).toEqual(new Set(names));
    expect(new Set(ran.map((line) => line.pid)).size).toBe(2);
  }, 120_000);
});
