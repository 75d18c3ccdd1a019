import { createJobId, gateKeyProblem, parseJobId } from './id.js';

const now = Date.UTC(2026, 10, 20);

describe('createJobId', () => {
  it('makes ids that say where the job lives', () => {
    const id = createJobId('mail', 12, now);
    expect(id).toMatch(/^mail~c~[0-9a-hjkmnp-tv-z]{24}$/);
    expect(parseJobId(id)).toEqual({ queue: 'mail', shard: 12, local: id.split('~')[2] });
  });

  it('makes ids that sort in the order they were made, also within a millisecond', () => {
    const times = Array.from({ length: 6000 }, (_, i) => now + Math.floor(i / 2500));
    const ids = times.map((time) => createJobId('mail', 0, time));
    expect(ids).toEqual(ids.toSorted());
  });

  it('makes none twice, and none that could be guessed from another', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => createJobId('mail', 0, now + (i % 2)));
    expect(new Set(ids).size).toBe(ids.length);
    const places = Array.from({ length: 12 }, (_, place) => new Set(ids.map((id) => id.at(place - 12))).size);
    expect(places).toEqual(new Array(12).fill(32));
  });
});

describe('gateKeyProblem', () => {
  it.each<[unknown, string | undefined]>([
    ['acme', undefined],
    ['é'.repeat(128), undefined],
    ['é'.repeat(129), 'takes 258 bytes, more than 256'],
    ['', 'is empty'],
    ['\udc00', 'is no well-formed text: it holds half a character'],
    [undefined, 'must be a text, not of type undefined'],
    [null, 'must be a text, not null'],
  ])('of %j', (key, problem) => {
    expect(gateKeyProblem(key)).toBe(problem);
  });
});
