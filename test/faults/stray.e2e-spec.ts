import { setup } from './world.js';

describe('errors that nobody catches, in a worker', () => {
  let world: Awaited<ReturnType<typeof setup>>;
  beforeEach(async () => void (world = await setup('sqlite')));
  afterEach(() => world.close());

  it.each(['timer', 'promise'] as const)(
    'W5: thrown from a %s, it is logged with the id of its job; the worker lets what runs end and leaves with code 1',
    async (from) => {
      const worker = await world.worker();
      const job = await world.tasks.stray.enqueue({ name: 'a', from });
      await world.line('began', 'a');
      world.go();

      expect(await worker.ended).toBe(1);
      expect(await job.refresh()).toMatchObject({ state: 'completed', attempted: 1 });
      expect(worker.complaints()).toMatch(new RegExp(`a stray error jobId=${job.id} task=ledger.stray`));
    },
  );
});
