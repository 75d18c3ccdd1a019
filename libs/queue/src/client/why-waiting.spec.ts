import type { JobView } from '../job/view.js';
import type { QueueSettings } from '../store/store.js';
import { cellRate } from '../time/rate.js';
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

function settings(said: Partial<QueueSettings> = {}): QueueSettings {
  return { paused: false, maxReady: null, maxActive: null, rate: null, weights: null, tasks: {}, ...said };
}

function why(about: Partial<JobView>, around: Partial<Surroundings> = {}) {
  const queue = { counts, settings: settings() };
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
    const queue = { counts, settings: settings({ paused: true }) };
    expect(why({}, { queue, workers: [] })).toBe('Queue orders is paused.');
  });

  it('says when no worker serves the queue, or knows the task', () => {
    expect(why({}, { workers: [{ ...worker, queues: ['low'] }] })).toContain('No worker serves queue orders');
    expect(why({}, { workers: [{ ...worker, tasks: [] }] })).toContain('does not know task orders.process');
  });

  describe('of a job that is parked', () => {
    const task = { kind: 'task', key: 'orders.process' } as const;
    const group = { kind: 'group', key: 'orders.process/acme', turn: 1 } as const;
    const paused = (tasks: QueueSettings['tasks']) => ({ counts, settings: settings({ tasks }) });

    it('names its limit, once somebody could run it', () => {
      const limited = { parked: { ...task, max: 2 } };
      expect(why({}, limited)).toBe(
        'At most 2 jobs of orders.process run at a time, and as many have a place: it waits until one ends.',
      );
      expect(why({}, { parked: { ...task, max: 1 } })).toBe(
        'Only 1 job of orders.process runs at a time, and another has the place: it waits until that ends.',
      );
      const queue = { counts, settings: settings({ paused: true }) };
      expect(why({}, { ...limited, queue })).toBe('Queue orders is paused.');
      expect(why({}, { ...limited, workers: [] })).toContain('No worker serves queue orders');
      expect(why({}, { ...limited, workers: [{ ...worker, tasks: [] }] })).toContain('does not know task');
    });

    it('names the limit that was configured before that of the job', () => {
      const queue = paused({ 'orders.process': { max: 5 } });
      expect(why({}, { parked: { ...task, max: 2 }, queue })).toContain('At most 5 jobs');
      const bound = paused({ 'orders.process': { group: { max: 3 } } });
      expect(why({}, { parked: group, queue: bound })).toContain('At most 3 jobs of group acme');
    });

    it('says that its task is paused, and how to resume it, wherever it stands', () => {
      const queue = paused({ 'orders.process': { paused: true } });
      const sentence =
        "Task orders.process is paused in queue orders: queue.resume('orders.process') lets its jobs go on.";
      expect(why({}, { parked: task, queue, workers: [] })).toBe(sentence);
      expect(why({}, { queue })).toBe(sentence);
      expect(why({ task: 'orders.other' }, { queue })).not.toContain('paused');
    });

    it('names the rate of its task or group, and when the next one may begin', () => {
      const rate = cellRate({ limit: '10/m', burst: 5 });
      expect(why({}, { parked: { ...task, rate, until: 4500 } })).toBe(
        'Jobs of orders.process begin at most 10/m, burst 5: the next may in 4500ms.',
      );
      expect(why({}, { parked: { ...group, rate, until: 90_000 } })).toBe(
        'Jobs of group acme begin at most 10/m, burst 5: the next may in 90s.',
      );
      expect(why({}, { parked: { ...task, rate, until: 0 } })).toContain('the next may now');
      expect(why({}, { parked: { ...task, rate } })).toContain('another one stands in line already');
      const configured = paused({ 'orders.process': { rate: cellRate('3/h') } });
      expect(why({}, { parked: { ...task, rate, until: 1 }, queue: configured })).toContain('at most 3/h');
    });

    it('tells a pause that a job of its group asked for', () => {
      expect(why({}, { parked: { ...group, until: 30_000 } })).toBe(
        'A job of group acme met a rate limit elsewhere, so the others pause: the next may begin in 30s.',
      );
    });

    it('tells that it is not the turn of its group', () => {
      expect(why({}, { parked: group })).toBe(
        'Groups take turns: others of group acme stand in line already, and it follows when they begin.',
      );
      expect(why({}, { parked: { ...group, key: '*/a/b' } })).toContain('others of group a/b ');
    });

    it('names its order key', () => {
      expect(why({}, { parked: { kind: 'order', key: 'orders.process/o1' } })).toContain(
        'Jobs with the order key o1 run one after the other',
      );
    });
  });

  it('names the limits of the queue itself', () => {
    const full = { counts: { ...counts, active: 2 }, settings: settings({ maxActive: 2 }) };
    expect(why({}, { queue: full })).toBe(
      'At most 2 jobs of queue orders run at a time, and as many do; 3 jobs are ready.',
    );
    const paced = { counts, settings: settings({ rate: cellRate('5/s') }) };
    expect(why({}, { queue: paced })).toContain('of which at most 5/s begin');
  });

  it('says when all places are taken, or that it is about to be', () => {
    const queue = { counts: { ...counts, active: 10 }, settings: settings() };
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
