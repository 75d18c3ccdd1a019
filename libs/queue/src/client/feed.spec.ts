import { Feed } from './feed.js';

function setup(backlog = 3) {
  const told: string[] = [];
  const feed = new Feed<number>(() => (told.push('begun'), () => told.push('stopped')), backlog);
  return { feed, told };
}

describe('Feed', () => {
  it('begins with the first question, and answers in order what waited and what comes', async () => {
    const { feed, told } = setup();
    expect(told).toEqual([]);
    const first = feed.next();
    feed.give(1);
    feed.give(2);

    expect(await first).toEqual({ done: false, value: 1 });
    expect(await feed.next()).toEqual({ done: false, value: 2 });
    expect(told).toEqual(['begun']);
  });

  it('keeps the newest for a slow reader', async () => {
    const { feed } = setup(2);
    void feed.next();
    for (const value of [0, 1, 2, 3]) feed.give(value);
    feed.end();

    const read: number[] = [];
    for await (const value of feed) read.push(value);
    expect(read).toEqual([2, 3]);
  });

  it('stops at once when its reader leaves, also in the middle of a wait', async () => {
    const { feed, told } = setup();
    const waits = feed.next();

    expect(await feed.return()).toEqual({ done: true, value: undefined });
    expect(await waits).toEqual({ done: true, value: undefined });
    feed.give(1);
    expect(await feed.next()).toEqual({ done: true, value: undefined });
    expect(told).toEqual(['begun', 'stopped']);
  });

  it('stops when its reader breaks out of a loop', async () => {
    const { feed, told } = setup();
    feed.give(1);
    for await (const value of feed) if (value === 1) break;

    expect(told).toEqual(['begun', 'stopped']);
  });

  it('tells an error after what came before it, once', async () => {
    const { feed } = setup();
    feed.give(1);
    feed.end(new Error('broken'));

    expect(await feed.next()).toEqual({ done: false, value: 1 });
    await expect(feed.next()).rejects.toThrow('broken');
    expect(await feed.next()).toEqual({ done: true, value: undefined });
  });

  it('never begins for a reader that left first', async () => {
    const { feed, told } = setup();
    await feed.return();
    await feed.next();

    expect(told).toEqual([]);
  });
});
