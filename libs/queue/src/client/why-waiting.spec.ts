import type { JobView } from '../job/view.js';
import { type Surroundings, whyWaiting } from './why-waiting.js';

const job = {
  state: 'ready',
  reason: null,
  runAt: null,
  queue: 'orders',
  task: 'orders.process',
  waitsFor: [] as string[],
} as const;
const worker = { queues: ['orders'], tasks: ['orders.process'], concurrency: 10 };
const counts = { scheduled: 0, blocked: 0, ready: 3, active: 0, completed: 0, failed: 0, cancelled: 0 };

function why(about: Partial<JobView>, around: Partial<Surroundings> = {}) {
  const queue = { counts, settings: { paused: false, maxReady: null } };
  return whyWaiting({ ...job, ...about }, { now: 0, queue, workers: [worker], ...around });
}

describe('whyWaiting', () => {
  it('names the time a scheduled job waits for, and why', () => {
    expect(why({ state: 'scheduled', reason: 'delay', runAt: 90_000 })).toBe('It waits for its time: due in 90s.');
    expect(why({ state: 'scheduled', reason: 'retry', runAt: 1500 })).toContain('last attempt failed');
    expect(why({ state: 'scheduled', reason: 'unknown-task', runAt: 5000 })).toContain(
      'No worker that took it knows its task',
    );
    expect(why({ state: 'scheduled', reason: 'delay', runAt: 0 })).toContain('due now');
  });

  it('names a paused queue before anything else', () => {
    const queue = { counts, settings: { paused: true, maxReady: null } };
    expect(why({}, { queue, workers: [] })).toBe('Queue orders is paused.');
  });

  it('says when no worker serves the queue, or knows the task', () => {
    expect(why({}, { workers: [{ ...worker, queues: ['low'] }] })).toContain('No worker serves queue orders');
    expect(why({}, { workers: [{ ...worker, tasks: [] }] })).toContain('does not know task orders.process');
  });

  it('names the limit of a job that waits for a place of it, once somebody could run it', () => {
    const limited = { parked: { key: 'reports.digest', max: 2 } };
    expect(why({}, limited)).toBe(
      'At most 2 jobs of reports.digest run at a time, and as many have a place: it waits until one ends.',
    );
    expect(why({}, { parked: { key: 'reports.digest', max: 1 } })).toBe(
      'Only 1 job of reports.digest runs at a time, and another has the place: it waits until that ends.',
    );
    const queue = { counts, settings: { paused: true, maxReady: null } };
    expect(why({}, { ...limited, queue })).toBe('Queue orders is paused.');
    expect(why({}, { ...limited, workers: [] })).toContain('No worker serves queue orders');
    expect(why({}, { ...limited, workers: [{ ...worker, tasks: [] }] })).toContain('does not know task orders.process');
  });

  it('says when all places are taken, or that it is about to be', () => {
    const queue = { counts: { ...counts, active: 10 }, settings: { paused: false, maxReady: null } };
    expect(why({}, { queue })).toBe('All 10 places for queue orders are taken; 3 jobs are ready.');
    expect(why({})).toContain('about to be taken');
  });

  it('names the job that a blocked one waits for, and how that stands', () => {
    const blocked = { state: 'blocked', waitsFor: ['a', 'b', 'c'] } as const;
    expect(why(blocked, { blockedBy: { state: 'active' } })).toBe('It waits for job a (active) and 2 more.');
    expect(why({ ...blocked, waitsFor: ['a'] }, { blockedBy: { state: 'scheduled' } })).toBe(
      'It waits for job a (scheduled).',
    );
    expect(why({ ...blocked, waitsFor: ['a'] })).toContain('job a (gone)');
    expect(why({ state: 'blocked' })).toContain('about to be told');
  });

  it('is silent for what runs or has ended', () => {
    for (const state of ['active', 'completed', 'failed', 'cancelled'] as const) expect(why({ state })).toBeUndefined();
  });
});
