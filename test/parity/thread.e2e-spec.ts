import { setup } from '../faults/world.js';

describe('thread', () => {
  let world: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => void (world = await setup('sqlite')));
  afterEach(() => world.close());

  it('DT9: a thread task runs off the event loop: its worker goes on with other jobs meanwhile', async () => {
    const { pid } = await world.worker();
    const job = await world.tasks.spin.enqueue({ name: 'a' });
    expect(await world.line('span', 'a')).toMatchObject({ pid });

    expect(await world.tasks.write.run({ name: 'beside' }, { timeout: '10s' })).toEqual({ worker: pid });
    expect(await job.refresh()).toMatchObject({ state: 'active' });
    world.go();

    const { thread } = await job.result({ timeout: '10s' });
    expect(thread).toBeGreaterThan(0);
  });

  it('TC2: a thread task that heeds nothing is terminated at its hard limit, and leaves its place to the next job', async () => {
    await world.worker({ CONCURRENCY: '1' });
    const bound = { timeout: { after: '1s', grace: '200ms' }, retry: { attempts: 1 } } as const;
    const job = await world.tasks.spin.enqueue({ name: 'deaf' }, bound);
    await world.line('span', 'deaf');

    await expect(job.result({ timeout: '10s' })).rejects.toMatchObject({
      code: 'JOB_FAILED',
      error: { name: 'JobTimeout', code: 'JOB_TIMEOUT' },
    });
    const next = await world.tasks.spin.enqueue({ name: 'next' });
    await world.line('span', 'next');
    world.go();
    await next.result({ timeout: '10s' });

    expect(world.lines('ended').map((line) => line.name)).toEqual(['next']);
  });
});
