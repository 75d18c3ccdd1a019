import { Injectable } from '@nestjs/common';
import { IsString } from 'class-validator';
import { defineTasks, task, Task } from 'millrace';
import { QueueTester } from 'millrace/testing';
import { afterwards, closeAll, mill } from './mill.js';

class Piece {
  @IsString() name!: string;
  @IsString() key!: string;
}

const byKey = ({ key }: Piece) => key;
const pieces = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ payload: { name: `j${n + 1}`, key: 'a' } }));
const names = (count: number) => pieces(count).map(({ payload }) => payload.name);

const base = { payload: Piece, queue: 'work' };

class Work extends defineTasks('work', {
  paced: task({ ...base, rate: '10/m' }),
  narrow: task({ ...base, maxActive: 1 }),
  ordered: task({ ...base, order: byKey }),
  grouped: task({ ...base, group: { key: byKey, maxActive: 2 } }),
}) {}

const ran: string[] = [];

@Injectable()
class Handlers {
  @Task(Work.paced)
  paced(piece: Piece) {
    ran.push(piece.name);
  }

  @Task(Work.narrow)
  narrow(piece: Piece) {
    ran.push(piece.name);
  }

  @Task(Work.ordered)
  ordered(piece: Piece) {
    ran.push(piece.name);
  }

  @Task(Work.grouped)
  grouped(piece: Piece) {
    ran.push(piece.name);
  }
}

afterEach(closeAll);

describe('QueueTester with gates', () => {
  async function setup() {
    ran.length = 0;
    const tester = await QueueTester.module({ providers: [Handlers] });
    afterwards(() => tester.close());
    return tester;
  }

  it('RP3: drain runs what a rate allows by now and leaves the rest ready; the clock brings the next', async () => {
    const tester = await setup();
    await tester.queue.enqueueMany(Work.paced, pieces(5));
    expect(await tester.drain()).toEqual({ completed: 1, failed: 0 });
    expect(ran).toEqual(['j1']);
    expect((await tester.queue.counts())[0]!.counts.ready).toBe(4);
    await tester.clock.advance('6s');
    await tester.drain();
    expect(ran).toEqual(['j1', 'j2']);
    await tester.clock.advance('1h');
    await tester.drain();
    expect(ran).toEqual(['j1', 'j2', 'j3']);
  });

  it('RP4: drain goes through limits, groups and orders to the end, in order', async () => {
    const tester = await setup();
    for (const ref of [Work.narrow, Work.ordered, Work.grouped]) {
      ran.length = 0;
      await tester.queue.enqueueMany(ref, pieces(30));
      expect(await tester.drain()).toEqual({ completed: 30, failed: 0 });
      expect(ran).toEqual(names(30));
    }
  });

  it('RP4: drain comes back from a task or queue that is paused, and perform is not kept by any gate', async () => {
    const tester = await setup();
    await tester.queue.enqueueMany(Work.narrow, pieces(3));
    await tester.queue.pause(Work.narrow);
    expect(await tester.drain()).toEqual({ completed: 0, failed: 0 });
    await tester.queue.resume(Work.narrow);
    await tester.queue.pause('work');
    expect(await tester.drain()).toEqual({ completed: 0, failed: 0 });
    await tester.queue.resume('work');
    expect(await tester.drain()).toEqual({ completed: 3, failed: 0 });
    for (let n = 0; n < 3; n++) {
      expect(await tester.perform(Work.paced, { name: 'p', key: 'a' })).toMatchObject({ outcome: 'completed' });
    }
  });
});

describe('a worker in burst mode with gates', () => {
  it('RP3: ends only when what a rate keeps waiting has run as well', async () => {
    ran.length = 0;
    const m = await mill({ worker: false });
    await m.queue.enqueueMany(Work.paced, pieces(3));
    const w = await mill({ providers: [Handlers], store: m.store, clock: m.clock, worker: { burst: 'ready' } });
    await w.turn('7s');
    expect(ran).toEqual(['j1', 'j2']);
    await w.turn('10s');
    expect(ran).toEqual(['j1', 'j2', 'j3']);
    expect(await w.worker.done).toMatchObject({ completed: 3, failed: 0 });
  });
});
