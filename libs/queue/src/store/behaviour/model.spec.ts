import { memory } from '../memory/index.js';
import type { ExchangeRequest, Gate, SettingsChange, Store } from '../store.js';
import { compareWithMemory, findDifference } from './model.js';

compareWithMemory('memory', (clock) => memory({ clock }), { runs: 300 });

/** A memory store with a fault, made by changing what it is asked. */
type Fault = (store: Store) => Partial<Store>;

const onExchange =
  (change: (request: ExchangeRequest) => ExchangeRequest): Fault =>
  (store) => ({ exchange: (request) => store.exchange(change(request)) });

const onGates =
  (change: (gate: Gate) => Gate): Fault =>
  (store) => ({
    enqueue: (jobs) => store.enqueue(jobs.map((job) => ({ ...job, gates: job.gates?.map(change) }))),
  });

const onConfigure =
  (change: (settings: SettingsChange) => SettingsChange): Fault =>
  (store) => ({ configure: (queue, settings) => store.configure(queue, change(settings)) });

const faults: Record<string, Fault> = {
  'charges no attempt for a retry': onExchange((request) => ({
    ...request,
    settle: request.settle.map((end) =>
      end.outcome === 'retry' ? { id: end.id, fence: end.fence, then: end.then, outcome: 'snoozed', in: end.in } : end,
    ),
  })),
  'never hands a suspect out': onExchange((request) => ({ ...request, alone: false })),
  'forgets what follows a settlement': onExchange((request) => ({
    ...request,
    settle: request.settle.map((end) => ({ ...end, then: undefined })),
  })),
  'lets a lease run a millisecond longer': onExchange((request) => ({ ...request, lease: request.lease + 1 })),
  'keeps what a settlement says to drop': onExchange((request) => ({
    ...request,
    settle: request.settle.map((end) => (end.outcome === 'completed' ? { ...end, keep: undefined } : end)),
  })),
  'does not replace': (store) => ({
    enqueue: (jobs) => store.enqueue(jobs.map((job) => ({ ...job, onDuplicate: 'return' }))),
  }),
  'ignores what a job waits for': (store) => ({
    enqueue: (jobs) => store.enqueue(jobs.map((job) => ({ ...job, after: undefined }))),
  }),
  'wants what a job waits for to complete': (store) => ({
    enqueue: (jobs) => store.enqueue(jobs.map((job) => ({ ...job, anyEnding: undefined }))),
  }),
  'ignores gates': (store) => ({
    enqueue: (jobs) => store.enqueue(jobs.map((job) => ({ ...job, gates: undefined }))),
  }),
  'has a place more behind a gate': onGates((gate) => ({ ...gate, max: gate.max && gate.max + 1 })),
  'lets one attempt more begin': onGates(({ rate, ...gate }) => ({
    ...gate,
    rate: rate && { ...rate, slack: rate.slack + rate.interval },
  })),
  'knows no turns': onGates((gate) => ({ ...gate, turn: undefined })),
  'lets go of the order of a job that failed': onGates((gate) => ({ ...gate, holdFailed: undefined })),
  'pauses no group': onExchange((request) => ({
    ...request,
    settle: request.settle.map((end) => (end.outcome === 'snoozed' ? { ...end, pause: undefined } : end)),
  })),
  'bounds no queue': onConfigure((change) => ({ ...change, maxActive: undefined })),
  'knows no rate of a queue': onConfigure((change) => ({ ...change, rate: undefined })),
  'weighs no bands': onConfigure((change) => ({ ...change, weights: undefined })),
  'takes nothing back that was said of a task': onConfigure(({ tasks = {}, ...change }) => ({
    ...change,
    tasks: Object.fromEntries(Object.entries(tasks).filter(([, said]) => said)),
  })),
  'puts off whatever is replaced': (store) => ({
    enqueue: (jobs) =>
      store.enqueue(
        jobs.map((job) => ({ ...job, onDuplicate: job.onDuplicate === 'replace' ? 'extend' : job.onDuplicate })),
      ),
  }),
  'follows nobody': (store) => ({
    enqueue: (jobs) =>
      store.enqueue(
        jobs.map((job) => ({ ...job, onDuplicate: job.onDuplicate === 'follow' ? 'replace' : job.onDuplicate })),
      ),
  }),
  'replaces without regard to the body': (store) => ({
    enqueue: (jobs) => store.enqueue(jobs.map((job) => ({ ...job, replaces: undefined }))),
  }),
  'knows no longest wait': (store) => ({
    enqueue: (jobs) => store.enqueue(jobs.map((job) => ({ ...job, maxWait: undefined }))),
  }),
  'ignores the expiry': (store) => ({
    enqueue: (jobs) => store.enqueue(jobs.map((job) => ({ ...job, expires: undefined }))),
  }),
  'reaps without regard to the page': (store) => ({ reap: ({ lane }) => store.reap({ lane }) }),
  'prunes without regard to the count': (store) => ({ prune: ({ lane, page }) => store.prune({ lane, page }) }),
  'keeps a forced hold': (store) => ({ cancel: (ids, options) => store.cancel(ids, { reason: options?.reason }) }),
  'reconciles nothing': (store) => ({ reconcile: async () => (await store.time(), []) }),
  'fires under any version': (store) => ({
    fire: async (firings) => {
      const { schedules } = await store.schedules({});
      const versions = new Map(schedules.map(({ id, version }) => [id, version]));
      return store.fire(firings.map((firing) => ({ ...firing, seen: versions.get(firing.id) ?? firing.seen })));
    },
  }),
  'counts no missed slots': (store) => ({
    fire: (firings) => store.fire(firings.map((firing) => ({ ...firing, missed: undefined }))),
  }),
  'forgets no finished schedule': (store) => ({
    fire: (firings) => store.fire(firings.map((firing) => ({ ...firing, finished: false }))),
  }),
  'knows no owner of a schedule': (store) => ({
    putSchedule: (schedule, seen) => store.putSchedule({ ...schedule, owner: undefined }, seen),
  }),
  'makes rescheduled jobs ready': (store) => ({ reschedule: (ids) => store.reschedule(ids, undefined) }),
  'notes under any fence': (store) => ({
    note: async (id, fence, note) => {
      const [record] = await store.find([{ id }]);
      return store.note(id, record?.fence ?? fence, note);
    },
  }),
};

describe('the comparison', () => {
  it.each(Object.entries(faults))('finds a store that %s', async (_, fault) => {
    const difference = await findDifference(
      (clock) => {
        const store = memory({ clock });
        return { ...store, ...fault(store) };
      },
      { runs: 2000, seed: 7, shrink: false },
    );

    expect(difference).toMatch(/differs after/);
  });
});
