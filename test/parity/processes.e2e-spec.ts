import { setup } from '../faults/world.js';
import { eventually } from '../support/eventually.js';

describe('worker processes', () => {
  let world: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => void (world = await setup('sqlite')));
  afterEach(() => world.close());

  it('WK5: a throw in onWorkerStart ends the process, not with 0, and no job was claimed', async () => {
    const job = await world.tasks.write.enqueue({ name: 'a' });

    await expect(world.worker({ FAIL_START: 'no printer' })).rejects.toThrow(/ended \([1-9]\d*\) .*\n[^]*no printer/);

    expect(await job.refresh()).toMatchObject({ state: 'ready', attempted: 0, releases: 0 });
    expect(world.lines()).toEqual([]);
  });

  it('WK8: a third signal ends the process now, whatever still hangs', async () => {
    const worker = await world.worker({ GRACE: '1h', HANG: '1' });
    const job = await world.tasks.hold.enqueue({ name: 'a' });
    await world.line('began', 'a');

    worker.signal('SIGTERM');
    worker.signal('SIGINT');
    await eventually(async () => (await job.refresh())?.state === 'ready');
    worker.signal('SIGTERM');

    expect(await worker.ended).toBe(1);
    expect(await job.refresh()).toMatchObject({ state: 'ready', attempted: 0, crashes: 0 });
  });
});
