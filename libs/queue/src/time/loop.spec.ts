import { setImmediate } from 'node:timers/promises';
import { Loop } from './loop.js';
import { ManualClock } from './manual-clock.js';

class Rounds extends Loop {
  count = 0;
  readonly errors: unknown[] = [];
  held?: Promise<void>;
  next: () => number = () => 1000;

  constructor(clock: ManualClock) {
    super(clock);
  }

  async runOnce(): Promise<number> {
    this.count++;
    await this.held;
    return this.next();
  }

  protected failed(error: unknown): number {
    this.errors.push(error);
    return 500;
  }
}

describe('Loop', () => {
  function setup() {
    const clock = new ManualClock();
    const loop = new Rounds(clock);
    return { clock, loop };
  }

  it('goes round, sleeping as long as each round says', async () => {
    const { clock, loop } = setup();
    loop.start();
    await clock.advance('3500ms');
    expect(loop.count).toBe(4);
    await loop.stop();
  });

  it('lets everything else run between rounds that want each other at once', async () => {
    const { loop } = setup();
    loop.next = () => 0;
    loop.start();
    // Would never come to an end if rounds left no turn of the event loop to others.
    while (loop.count < 3) await setImmediate();
    await loop.stop();

    expect(loop.count).toBeGreaterThanOrEqual(3);
  });

  it('is woken before its time', async () => {
    const { clock, loop } = setup();
    loop.start();
    await clock.advance(1);
    loop.wake();
    await clock.advance(1);
    expect(loop.count).toBe(2);
    await loop.stop();
  });

  it('goes round again when it is woken during a round', async () => {
    const { clock, loop } = setup();
    let go!: () => void;
    loop.held = new Promise((resolve) => (go = resolve));
    loop.start();
    await clock.advance(1);
    loop.wake();
    go();
    await clock.advance(1);
    expect(loop.count).toBe(2);
    await loop.stop();
  });

  it('outlives a round that throws', async () => {
    const { clock, loop } = setup();
    loop.next = () => {
      throw new Error('once');
    };
    loop.start();
    await clock.advance(1);
    loop.next = () => 1000;
    await clock.advance(500);
    expect(loop.errors).toEqual([new Error('once')]);
    expect(loop.count).toBe(2);
    await loop.stop();
  });

  it('stops after the round in hand, leaves no timer, and may be stopped twice or unstarted', async () => {
    const { clock, loop } = setup();
    await new Rounds(clock).stop();
    let go!: () => void;
    loop.held = new Promise((resolve) => (go = resolve));
    loop.start();
    loop.start();
    await clock.advance(1);
    let stopped = false;
    const stopping = loop.stop().then(() => (stopped = true));
    await clock.advance(1);
    expect(stopped).toBe(false);
    go();
    await Promise.all([stopping, loop.stop()]);
    expect(loop.count).toBe(1);
    expect(clock.waiting).toBe(0);
  });
});
