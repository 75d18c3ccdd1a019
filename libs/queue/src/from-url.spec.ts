import { fromUrl, inNamespace } from './from-url.js';
import { memory } from './store/memory/index.js';

describe('fromUrl', () => {
  it.each([
    ['memory:', 'memory'],
    ['sqlite:./data/queue.db', 'sqlite'],
    ['sqlite::memory:', 'sqlite'],
    ['redis://127.0.0.1:6379/3', 'redis'],
    ['rediss://127.0.0.1:6379', 'redis'],
    ['unix:/run/redis.sock', 'redis'],
  ])('makes of %s a %s store, and opens nothing', async (url, kind) => {
    expect((await fromUrl(url)).kind).toBe(kind);
  });

  it('hides the password', async () => {
    expect((await fromUrl('redis://ada:s3cret@127.0.0.1:6379')).url).not.toContain('s3cret');
  });

  it.each([
    ['reddis://127.0.0.1', "Did you mean 'redis:'?"],
    ['postgres://ada:s3cret@db/queue', 'Use memory:, sqlite:'],
    ['queue.db', 'begins with its scheme'],
    ['sqlite:', 'names no file'],
  ])('refuses %s with a way out', async (url, says) => {
    const refusal = fromUrl(url);

    await expect(refusal).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) });
    await expect(refusal).rejects.not.toThrow(/s3cret/);
  });
});

describe('inNamespace', () => {
  it('gives the namespace to a store that fromUrl made, awaited or not', async () => {
    const promise = fromUrl('redis://127.0.0.1:6379');

    expect((await inNamespace(promise, 'shop')).kind).toBe('redis');
    expect((await inNamespace(await promise, 'shop')).kind).toBe('redis');
  });

  it('leaves a memory store as it is: the process is its namespace', async () => {
    const store = memory();

    expect(await inNamespace(store, 'shop')).toBe(store);
  });
});
