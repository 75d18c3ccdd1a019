import { defineTasks, Queue, task, type TaskOptions } from 'millrace';
import { everyPlace, floor, type Piece } from './flow.js';
import { closeAll, mill, refusal } from './mill.js';

const byKey = (piece: Piece) => piece.key;

class Work extends defineTasks('work', {
  grouped: task({ queue: 'work', group: { key: byKey, maxActive: 1 } }),
  shared: task({ queue: 'work', group: { key: byKey, maxActive: 1, scope: 'queue' } }),
  ordered: task({ queue: 'work', order: byKey }),
  paced: task({ queue: 'work', group: { key: byKey, rate: '60/m' } }),
}) {}

const tasks = [Work.grouped, Work.shared, Work.ordered, Work.paced];

/** No two of these are one, and each may be the name of a customer. */
const hostile = [
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'a',
    'A',
    'a:b',
    'a/b',
    'a/',
    '/a',
    '*',
    '*/a',
    'work.grouped/a',
  ],
  ...[
    ' ',
    '  ',
    'a ',
    ' a',
    'a\n',
    'a\nb',
    '\t',
    'a\u0000',
    '\u0000',
    'a%20',
    'a%2520',
    '%',
    '%00',
    'a+b',
    '{a}',
    '[a]',
    '~',
    'work~0~',
  ],
  ...[
    'ü',
    'u\u0308',
    'Ü',
    '💥',
    '👨‍👩‍👧',
    '\u2028',
    '\ufeff',
    'ı',
    'İ',
    'ß',
    'ss',
    "'; DROP TABLE jobs; --",
    '"',
    '\\',
    '0',
    '00',
    '-1',
    'null',
  ],
  ...['x'.repeat(255), 'x'.repeat(256), 'ü'.repeat(128), '💥'.repeat(64)],
];

afterEach(closeAll);

describe.each(everyPlace)('hostile keys, on %s', (_, place) => {
  it.each([
    ['grouped', Work.grouped],
    ['shared', Work.shared],
    ['ordered', Work.ordered],
    ['paced', Work.paced],
  ])(
    'RP4, RP3: no two of them are one, each bounds its own jobs, and nothing is left of any (%s)',
    async (_name, ref) => {
      const f = await floor(place, { tasks, workers: 1, worker: { concurrency: 200 }, hold: true });
      const first = await f.add(ref, ...hostile.map((key, n) => ({ name: `1 ${n}`, key })));
      const second = await f.add(ref, ...hostile.map((key, n) => ({ name: `2 ${n}`, key })));
      await f.until(() => f.inHand().length === hostile.length);
      await f.turn('200ms');
      expect(f.inHand()).toEqual(hostile.map((_key, n) => `1 ${n}`).sort());
      for (const [n, job] of second.entries()) {
        expect(await f.look(job)).toMatchObject({ state: 'ready', reason: ref === Work.ordered ? 'order' : 'group' });
        expect(await f.why(job)).toContain(` ${hostile[n]!}`);
      }
      expect(await f.store.fsck()).toEqual([]);
      f.end(...f.inHand());
      await f.until(() => f.inHand().length === hostile.length);
      expect(f.inHand()).toEqual(hostile.map((_key, n) => `2 ${n}`).sort());
      f.end(...f.inHand());
      await f.rest();
      for (const job of first) expect((await f.look(job)).state).toBe('completed');
      expect(({} as { taken?: unknown }).taken).toBeUndefined();
      await f.sound();
    },
  );

  it('RP4: keys that two stores might take for one are refused, and tell how long they are', async () => {
    const f = await floor(place, { tasks, workers: 0 });
    for (const [key, says] of [
      ['', /is empty/],
      ['\ud800', /half a character/],
      ['a\udc00b', /half a character/],
      ['x'.repeat(257), /takes 257 bytes, more than 256/],
      ['ü'.repeat(129), /takes 258 bytes, more than 256/],
      ['x'.repeat(100_000), /takes 100000 bytes/],
    ] as const) {
      for (const ref of [Work.grouped, Work.ordered]) {
        const option = ref === Work.grouped ? 'group' : 'order';
        const refused = { code: 'CONFIG_INVALID', message: expect.stringMatching(says) as unknown };
        expect(await refusal(() => f.queue.enqueue(ref as never, { name: 'x', key } as never))).toMatchObject({
          ...{ ...refused, option: `${option}.key` },
        });
        const call = () => f.queue.enqueue(ref as never, { name: 'x' } as never, { [option]: key } as never);
        expect(await refusal(call)).toMatchObject({ ...refused, option });
        expect(await refusal(() => f.add(ref, { name: 'y', key: 'good' }, { name: 'x', key }))).toMatchObject({
          ...{ ...refused, option: `1.${option}.key` },
        });
      }
    }
    expect((await f.queue.list()).jobs).toEqual([]);
    expect(await f.store.fsck()).toEqual([]);
  });
});

describe('gates that cannot be', () => {
  const key = () => 'a';

  it.each<[object, string, RegExp]>([
    [{ maxActive: 0 }, 'maxActive', /whole number from 1 to 1000000, not 0/],
    [{ maxActive: -1 }, 'maxActive', /not -1/],
    [{ maxActive: 2.5 }, 'maxActive', /not 2\.5/],
    [{ maxActive: NaN }, 'maxActive', /not NaN/],
    [{ maxActive: Infinity }, 'maxActive', /not Infinity/],
    [{ maxActive: '5' }, 'maxActive', /whole number/],
    [{ maxActive: 1e9 }, 'maxActive', /whole number/],
    [{ group: 'tenantId' }, 'group', /./],
    [{ group: null }, 'group', /./],
    [{ group: {} }, 'group.key', /must be a function/],
    [{ group: { key: 'tenantId' } }, 'group.key', /must be a function/],
    [{ group: { key, maxActive: 0 } }, 'group.maxActive', /from 1 to 1000000, not 0/],
    [{ group: { key, maxActive: NaN } }, 'group.maxActive', /not NaN/],
    [{ group: { key, weight: 0 } }, 'group.weight', /from 1 to 100, not 0/],
    [{ group: { key, weight: 101 } }, 'group.weight', /from 1 to 100, not 101/],
    [{ group: { key, weight: '2' } }, 'group.weight', /whole number/],
    [{ group: { key, scope: 'all' } }, 'group.scope', /one of task, queue/],
    [{ group: { key, maxActiv: 3 } }, 'group.maxActiv', /maxActive/],
    [{ order: 'id' }, 'order', /./],
    [{ order: { key: 5 } }, 'order.key', /must be a function/],
    [{ order: { key, onFailed: 'stop' } }, 'order.onFailed', /one of continue, hold/],
    [{ order: { key, maxActive: 2 } }, 'order.maxActive', /./],
  ])(
    'RP3, RP4: %j is refused by name in a contract, at boot in overrides and defaults',
    async (options, option, says) => {
      const given = options as TaskOptions;
      const named = expect.stringMatching(new RegExp(`(^|\\.)${option.replace('.', '\\.')}$`)) as unknown;
      const refused = { code: 'CONFIG_INVALID', option: named, message: expect.stringMatching(says) as unknown };
      expect(await refusal(() => defineTasks('x', { y: task(given as never) }))).toMatchObject(refused);
      expect(await refusal(() => mill({ worker: false, queue: { overrides: { 'x.*': given } } }))).toMatchObject(
        refused,
      );
      expect(await refusal(() => mill({ worker: false, queue: { defaults: given } }))).toMatchObject(refused);
      const { store } = await mill({ worker: false });
      expect(await refusal(() => new Queue({ store, overrides: { 'x.y': given } }))).toMatchObject(refused);
    },
  );

  it.each<[string, TaskOptions<Piece>, string, string, RegExp]>([
    [
      'a group key that throws',
      {
        group: () => {
          throw new Error('no tenant');
        },
      },
      'OPTION_FAILED',
      'group.key',
      /group\.key of x\.y threw: no tenant/,
    ],
    [
      'a group key that reads what is not there',
      { group: (p) => (p as never as { a: { b: string } }).a.b },
      'OPTION_FAILED',
      'group.key',
      /threw: Cannot read/,
    ],
    ['a group key of null', { group: () => null as never }, 'CONFIG_INVALID', 'group.key', /must be a text, not null/],
    [
      'a group key of a number',
      { group: () => 7 as never },
      'CONFIG_INVALID',
      'group.key',
      /must be a text, not of type number/,
    ],
    [
      'a group key of a promise',
      { group: (() => Promise.reject(new Error('unheard'))) as never },
      'CONFIG_INVALID',
      'group.key',
      /not of type object/,
    ],
    [
      'an order key that throws',
      {
        order: () => {
          throw new Error('no mailbox');
        },
      },
      'OPTION_FAILED',
      'order.key',
      /order\.key of x\.y threw: no mailbox/,
    ],
    [
      'an order key of an object',
      { order: { key: () => ({}) as never } },
      'CONFIG_INVALID',
      'order.key',
      /not of type object/,
    ],
    [
      'a weight that throws',
      {
        group: {
          key,
          weight: () => {
            throw new Error('how heavy?');
          },
        },
      },
      'OPTION_FAILED',
      'group.weight',
      /threw: how heavy\?/,
    ],
    [
      'a weight of zero',
      { group: { key, weight: () => 0 } },
      'CONFIG_INVALID',
      'group.weight',
      /gave 0, not a whole number from 1 to 100/,
    ],
    ['a weight of NaN', { group: { key, weight: () => NaN } }, 'CONFIG_INVALID', 'group.weight', /gave NaN/],
    [
      'a weight of a text',
      { group: { key, weight: () => '3' as never } },
      'CONFIG_INVALID',
      'group.weight',
      /type string/,
    ],
  ])(
    'RP4: %s refuses the enqueue by name, stores nothing, and the next job goes its way',
    async (_name, options, code, option, says) => {
      let broken = true;
      const whole = options as { group?: unknown; order?: unknown };
      const good = (value: unknown): unknown =>
        typeof value === 'function'
          ? (...args: unknown[]) => (broken ? (value as (...given: unknown[]) => unknown)(...args) : 'good')
          : value &&
            Object.fromEntries(
              Object.entries(value).map(([name, one]) => [
                name,
                name === 'weight'
                  ? (...args: unknown[]) => (broken ? (one as (...given: unknown[]) => unknown)(...args) : 3)
                  : good(one),
              ]),
            );
      const [name] = Object.keys(whole) as ['group'];
      class Wrong extends defineTasks('x', { y: task({ queue: 'x', [name]: good(whole[name]) } as never) }) {}
      const f = await floor(everyPlace[0]![1], { tasks: [Wrong.y] });
      const refused = { code, option, message: expect.stringMatching(says) as unknown };
      expect(await refusal(() => f.queue.enqueue(Wrong.y as never, { name: 'x' } as never))).toMatchObject(refused);
      const many = await refusal(() => f.add(Wrong.y, 'x', 'y'));
      expect(many).toMatchObject({ code, message: expect.stringMatching(/^Item 0: /) as unknown });
      expect((await f.queue.list()).jobs).toEqual([]);
      broken = false;
      await f.add(Wrong.y, 'z');
      await f.rest();
      expect(f.names()).toEqual(['z']);
      await f.sound();
    },
  );
});
