import { ManualClock } from '../../time/manual-clock.js';
import { Wakeup } from './wakeup.js';

/** A file that others write to, with a watch that hears it or not. */
function setup({ watchable = true } = {}) {
  const clock = new ManualClock();
  const world = { version: 1, news: 1, looks: 0, wakes: 0, watches: 0, watched: false };
  let hear = () => {};
  const file = {
    version: () => (world.looks++, world.version),
    news: () => world.news,
  };
  const log = {
    start: (listener: () => void) => {
      world.watches++;
      hear = listener;
      return (world.watched = watchable);
    },
    stop: () => void (world.watched = false),
  };
  const wakeup = new Wakeup(file, () => world.wakes++, log, clock);
  const event = () => world.watched && hear();
  const commit = ({ news = true } = {}) => {
    world.version++;
    if (news) world.news++;
  };
  /** How often it looks in a second. */
  const looksPerSecond = async () => {
    const before = world.looks;
    await clock.advance('1s');
    return world.looks - before;
  };
  return { world, wakeup, clock, event, commit, looksPerSecond };
}

describe('wakeup', () => {
  it('wakes at the event, without waiting', async () => {
    const { world, wakeup, clock, event, commit } = setup();
    wakeup.start();
    await clock.advance('1h');

    commit();
    event();

    expect(world.wakes).toBe(1);
  });

  it('looks again soon after an event that came before its commit counted', async () => {
    const { world, wakeup, clock, event, commit } = setup();
    wakeup.start();
    await clock.advance('1m');

    event();
    commit();
    await clock.advance(1);

    expect(world.wakes).toBe(1);
  });

  it('looks seldom while nothing is heard', async () => {
    const { wakeup, clock, looksPerSecond } = setup();
    wakeup.start();
    await clock.advance('1s');

    expect(await looksPerSecond()).toBe(10);
  });

  it('sleeps on when a worker has only renewed its lease', async () => {
    const { world, wakeup, event, commit } = setup();
    wakeup.start();

    commit({ news: false });
    event();

    expect(world.wakes).toBe(0);
  });

  it('looks no more than once at the event of its own beat', async () => {
    const { wakeup, clock, event, looksPerSecond } = setup();
    wakeup.start();
    await clock.advance('1s');

    wakeup.beat();
    event();

    expect(await looksPerSecond()).toBe(10);
  });

  it('stops listening while events rain, and listens again when it is dry', async () => {
    const { world, wakeup, clock, event, commit } = setup();
    wakeup.start();
    for (let drop = 0; drop < 100; drop++) event();
    expect(world.watched).toBe(false);

    for (let drop = 0; drop < 100; drop++) {
      commit();
      await clock.advance(2);
    }
    expect(world).toMatchObject({ watched: false, wakes: 100 });

    await clock.advance(20);
    expect(world.watched).toBe(true);
  });

  it('finds a change that was not heard, and watches anew', async () => {
    const { world, wakeup, clock, commit } = setup();
    wakeup.start();
    await clock.advance('1s');

    commit();
    await clock.advance('1s');

    expect(world).toMatchObject({ wakes: 1, watches: 2, watched: true });
  });

  it('has no doubts about a watch whose event comes right after the look', async () => {
    const { world, wakeup, clock, event, commit } = setup();
    wakeup.start();
    await clock.advance('1s');

    commit();
    while (world.wakes === 0) await clock.advance(1);
    event();
    await clock.advance('1s');

    expect(world.watches).toBe(1);
  });

  it('gives up a watch that misses changes again, and looks at a fixed pace from then on', async () => {
    const { world, wakeup, clock, commit, looksPerSecond } = setup();
    wakeup.start();
    for (let change = 0; change < 2; change++) {
      await clock.advance('1s');
      commit();
    }
    await clock.advance('1s');

    expect(world).toMatchObject({ wakes: 2, watches: 2, watched: false });
    expect(await looksPerSecond()).toBe(500);
    await clock.advance('1m');
    expect(await looksPerSecond()).toBeLessThan(100);
  });

  it('looks at a fixed pace where nothing can be watched', async () => {
    const { world, wakeup, commit, clock, looksPerSecond } = setup({ watchable: false });
    wakeup.start();
    expect(await looksPerSecond()).toBe(500);

    commit();
    await clock.advance(2);

    expect(world.wakes).toBe(1);
  });

  it('leaves nothing behind when it stops', async () => {
    const { world, wakeup, clock } = setup();
    wakeup.start();
    await clock.advance('1s');

    wakeup.stop();

    expect(clock.waiting).toBe(0);
    expect(world.watched).toBe(false);
  });
});
