import type { MessageEvent } from '@nestjs/common';
import { ManualClock, memory } from 'millrace/testing';
import { Queue } from 'millrace';
import { JobEvents } from './job-events.js';

/** A waiting job, and what a client of its stream is told. */
async function setup() {
  const clock = new ManualClock();
  const store = memory({ clock });
  await store.open();
  const queue = new Queue({ store, clock });
  const { id } = await queue.enqueue('orders.process');
  const job = (await queue.job(id))!;
  const events = new JobEvents();
  const told: (MessageEvent | 'over')[] = [];
  let tell = () => {};
  const stream = events.of(job).subscribe({
    next: (event) => (told.push(event), tell()),
    complete: () => (told.push('over'), tell()),
  });
  const until = async (count: number) => {
    while (told.length < count) await new Promise<void>((resolve) => (tell = resolve));
    return told.map((event) => (event === 'over' ? event : event.type));
  };
  return { clock, job, events, stream, until };
}

describe('JobEvents', () => {
  it('names each event after the state, and ends with the job', async () => {
    const { job, until } = await setup();
    await until(1);
    await job.cancel();

    expect(await until(3)).toEqual(['ready', 'cancelled', 'over']);
  });

  it('says so when the job is gone', async () => {
    const { job, until } = await setup();
    await until(1);
    await job.remove();

    expect(await until(3)).toEqual(['ready', 'removed', 'over']);
  });

  it('leaves nothing behind when the client hangs up, or the server closes', async () => {
    for (const end of ['hang up', 'close'] as const) {
      const { clock, events, stream, until } = await setup();
      await until(1);
      if (end === 'hang up') stream.unsubscribe();
      else events.beforeApplicationShutdown();
      await clock.advance('2s');

      expect(clock.waiting).toBe(0);
    }
  });
});
