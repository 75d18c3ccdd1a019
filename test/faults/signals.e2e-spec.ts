import { setup } from './world.js';

describe('signals to a worker', () => {
  let world: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => void (world = await setup('sqlite')));
  afterEach(() => world.close());

  /** A worker in the middle of a job that ends only when it is told to. */
  async function busy() {
    const worker = await world.worker({ GRACE: '1h' });
    const job = await world.tasks.hold.enqueue({ name: 'a' });
    await world.line('began', 'a');
    return { worker, job };
  }

  it('WK8: a second signal skips the grace, gives the job back uncharged, and exits 0', async () => {
    const { worker, job } = await busy();

    worker.signal('SIGTERM');
    worker.signal('SIGINT');

    expect(await worker.ended).toBe(0);
    expect(await job.refresh()).toMatchObject({ state: 'ready', crashes: 0, attempts: [] });
  });

  it('WK8: SIGQUIT skips the grace at once', async () => {
    const { worker, job } = await busy();

    worker.signal('SIGQUIT');

    expect(await worker.ended).toBe(0);
    expect(await job.refresh()).toMatchObject({ state: 'ready', crashes: 0, attempts: [] });
  });
});
