import { createJobId } from '../../job/id.js';
import { ManualClock } from '../../time/manual-clock.js';
import type { NewJob, Settlement, Store, WorkerRecord } from '../store.js';
import { sqlite } from './index.js';

const lane = { queue: 'mill', shard: 0 };
const lease = 15_000;
const id = createJobId('mill', 0, 0);

describe('exchange on sqlite', () => {
  let store: Store;
  beforeEach(async () => {
    store = sqlite({ path: ':memory:', clock: new ManualClock() });
    await store.open();
    await store.register({ id: 'w1', lanes: [lane], lease } as WorkerRecord);
  });
  afterEach(async () => {
    expect(await store.fsck()).toEqual([]);
    await store.close();
  });

  const exchange = (settle: Settlement[], want: number) => store.exchange({ worker: 'w1', lane, settle, want, lease });

  async function hold(job: Partial<NewJob> = {}) {
    await store.enqueue([{ id, task: 'grind', body: '{}', priority: 2, ...job }]);
    const { jobs } = await exchange([], 1);
    return jobs[0]!;
  }

  describe('an id that is settled twice in one call', () => {
    it('counts once', async () => {
      const { fence } = await hold();
      const completed: Settlement = { id, fence, outcome: 'completed', keep: 0 };

      const { settled } = await exchange([completed, completed], 0);

      expect(settled).toEqual(['completed', 'stale']);
    });

    it('has ended as the first says', async () => {
      const { fence } = await hold();

      const { settled } = await exchange(
        [
          { id, fence, outcome: 'retry', in: 0, error: 'stone broke' },
          { id, fence, outcome: 'completed' },
        ],
        0,
      );

      expect(settled).toEqual(['ready', 'stale']);
    });
  });

  it('hands out what few jobs have as it was given, whatever characters it is made of', async () => {
    const odd = 'nul \u0000 soh \u0001 stx \u0002 quote " slash \\u0001';
    const given = { tags: [odd, 'plain'], parent: odd, root: 'r', priority: 3, attempts: 2 };

    const job = await hold({ ...given, expires: { in: 5000 } });

    expect(job).toMatchObject(given);
    expect(job.expiresAt).toBe(job.enqueuedAt + 5000);
  });

  it('hands out a checkpoint of an earlier attempt', async () => {
    const odd = 'half \u0001 done \u0000';
    const { fence } = await hold();
    await store.note(id, fence, { checkpoint: odd, step: { name: 'sift', result: '1' } });

    const { jobs } = await exchange([{ id, fence, outcome: 'released' }], 1);

    expect(jobs).toMatchObject([{ id, checkpoint: odd, releases: 1, steps: { sift: '1' } }]);
  });
});
