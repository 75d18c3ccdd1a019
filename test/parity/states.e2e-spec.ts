import { hostname } from 'node:os';
import { defineTasks, Snooze, task } from 'millrace';
import { closeAll, mill, promised } from './mill.js';

class StateTasks extends defineTasks('state', {
  run: task({ queue: 'mill', retry: { attempts: 2, delay: '5s' } }),
}) {}

afterEach(closeAll);

describe('states', () => {
  it('ST1: a job that waits for a time is scheduled, and says whether for a delay, a retry or a snooze', async () => {
    const ends = [() => Promise.reject(new Error('no')), () => Promise.reject(new Snooze('5s'))];
    const m = await mill({ handlers: [[StateTasks.run, () => ends.shift()!()]] });
    const delayed = await m.queue.enqueue(StateTasks.run, undefined, { delay: '1h' });
    const failing = await m.queue.enqueue(StateTasks.run);
    await m.rest();
    const snoozing = await m.queue.enqueue(StateTasks.run);
    await m.rest();

    expect(await m.look(delayed)).toMatchObject({ state: 'scheduled', reason: 'delay', attempted: 0 });
    expect(await m.look(failing)).toMatchObject({ state: 'scheduled', reason: 'retry', attempted: 1 });
    expect(await m.look(snoozing)).toMatchObject({ state: 'scheduled', reason: 'snooze', attempted: 0 });
  });

  it('ST3: a ready job may be claimed now, and is', async () => {
    const producer = await mill({ worker: false });
    const job = await producer.queue.enqueue(StateTasks.run);
    expect(await producer.look(job)).toMatchObject({ state: 'ready', reason: null, runAt: null });

    const m = await mill({ handlers: [[StateTasks.run, () => 'ran']], store: producer.store, clock: producer.clock });
    await m.rest();
    expect(await m.look(job)).toMatchObject({ state: 'completed', result: 'ran' });
  });

  it('ST4: a job whose attempt runs is active, with its worker, whose host and pid are on record', async () => {
    const gate = promised();
    const m = await mill({ handlers: [[StateTasks.run, () => gate.promise]] });
    const started = m.next('job.started');
    const job = await m.queue.enqueue(StateTasks.run);
    await started;

    const view = await m.look(job);
    const worker = (await m.queue.workers()).find(({ id }) => id === view.worker);
    expect(view).toMatchObject({ state: 'active', startedAt: m.clock.now(), attempts: [{ outcome: 'active' }] });
    expect(worker).toMatchObject({ host: hostname(), pid: process.pid, held: 1 });
    gate.keep();
    await m.rest();
  });

  it('ST5: a completed job is final', async () => {
    const m = await mill({ handlers: [[StateTasks.run, () => ({ ok: true })]] });
    const job = await m.queue.enqueue(StateTasks.run);

    expect(await job.result()).toEqual({ ok: true });
    expect(await job.cancel()).toMatchObject({ applied: false, state: 'completed' });
    expect(await job.retry()).toMatchObject({ applied: false, state: 'completed' });
    expect(await m.look(job)).toMatchObject({ state: 'completed', finishedAt: m.clock.now() });
  });

  it('ST6: a failed job is final, and among the dead letters until somebody takes it up', async () => {
    const m = await mill({ handlers: [[StateTasks.run, () => Promise.reject(new Error('no'))]] });
    const job = await m.queue.enqueue(StateTasks.run);
    await m.rest();
    await m.turn('5s');
    await m.turn('1h');

    expect(await job.cancel()).toMatchObject({ applied: false, state: 'failed' });
    expect((await m.queue.list({ state: 'failed', queue: 'mill' })).jobs).toMatchObject([
      { id: job.id, state: 'failed', reason: 'exhausted', error: { message: 'no' } },
    ]);
  });

  it('ST7: a cancelled job says why: asked for, or expired', async () => {
    const m = await mill({ handlers: [[StateTasks.run, () => 'never']], worker: { queues: { elsewhere: 1 } } });
    const asked = await m.queue.enqueue(StateTasks.run);
    await asked.cancel();
    await m.queue.pause('elsewhere');
    const late = await m.queue.enqueue(StateTasks.run, undefined, { queue: 'elsewhere', expires: '1m' });
    await m.turn('2m');
    await m.queue.resume('elsewhere');
    await m.turn('1s');

    expect(await m.look(asked)).toMatchObject({ state: 'cancelled', reason: 'request', startedAt: null });
    expect(await m.look(late)).toMatchObject({ state: 'cancelled', reason: 'expired', startedAt: null });
  });

  it('ST8: a job nobody knows is undefined', async () => {
    const m = await mill({ worker: false });
    const gone = await m.queue.enqueue(StateTasks.run);
    await gone.remove();

    expect(await m.queue.job(gone.id)).toBeUndefined();
    expect(await m.queue.job('order:42')).toBeUndefined();
  });
});
