import fc from 'fast-check';
import { open, seal } from './envelope.js';
import { limits } from './limits.js';
import { NotPlain, toPlain, Undecodable } from './plain.js';
import { decode, encode } from './text.js';

const again = (value: unknown) => decode(encode(value));

function issueOf(value: unknown): string {
  try {
    toPlain(value);
  } catch (error) {
    if (error instanceof NotPlain) return `${error.issues[0]!.path}: ${error.issues[0]!.message}`;
    throw error;
  }
  return 'accepted';
}

describe('encode', () => {
  it('writes plain data as plain JSON', () => {
    expect(encode({ a: [1, 'x', null, true], b: { c: 2 } })).toBe('{"a":[1,"x",null,true],"b":{"c":2}}');
  });

  it('keeps dates, bigints, bytes, maps, sets, URLs and errors, however nested', () => {
    const value = {
      at: new Date('2026-01-02T03:04:05.678Z'),
      big: [12345678901234567890n],
      bytes: new Uint8Array([0, 255, 7]),
      map: new Map<unknown, unknown>([[new Date(0), new Set([1n, { deep: new URL('https://example.org/a?b=c') }])]]),
    };
    expect(again(value)).toEqual(value);
    expect(again(new Set([new Map([['k', new Set()]])]))).toEqual(new Set([new Map([['k', new Set()]])]));
  });

  it('keeps an error with its name, code and cause', () => {
    const error = Object.assign(new TypeError('no', { cause: new Error('why') }), { code: 'E1' });
    const back = (again({ error }) as { error: Error & { code: string } }).error;
    expect(back).toBeInstanceOf(Error);
    expect(back).toMatchObject({ name: 'TypeError', message: 'no', code: 'E1' });
    expect((back.cause as Error).message).toBe('why');
  });

  it('keeps what JSON would bend: NaN, infinities, minus zero and gaps in arrays', () => {
    const value = [NaN, Infinity, -Infinity, -0, undefined, 1];
    expect(again(value)).toEqual(value);
    expect(Object.is((again([-0]) as number[])[0], -0)).toBe(true);
    expect(again(undefined)).toBeUndefined();
  });

  it('tells its own marks from fields that look alike', () => {
    const value = { $tags: [['date']], value: 'x' };
    expect(again(value)).toEqual(value);
    expect(again({ deep: value, at: new Date(0) })).toEqual({ deep: value, at: new Date(0) });
  });

  it('changes nothing of the value it is given', () => {
    const inner = Object.freeze({ at: new Date(0) });
    const value = Object.freeze({ list: Object.freeze([inner, 1n]) });
    expect(again(value)).toEqual({ list: [{ at: new Date(0) }, 1n] });
  });

  it('keeps lone surrogates and NUL in a text that is valid UTF-8', () => {
    const text = encode('\ud800\0');
    expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
    expect(decode(text)).toBe('\ud800\0');
  });

  it('refuses functions, symbols and instances with the path', () => {
    class Order {
      id = 1;
    }
    expect(issueOf({ a: [{ f: () => 1 }] })).toBe('a.0.f: is a function');
    expect(issueOf({ s: Symbol('x') })).toBe('s: is a symbol');
    expect(issueOf({ items: [{ order: new Order() }] })).toContain('items.0.order: is an instance of Order');
    expect(issueOf(Promise.resolve())).toContain('is an instance of Promise');
    expect(issueOf({ at: new Date(NaN) })).toBe('at: is an invalid Date');
  });

  it('takes the own fields of instances that a schema has vetted', () => {
    class Line {
      toJSON() {
        return 'bent';
      }
      constructor(readonly at = new Date(0)) {}
    }
    expect(decode(encode({ lines: [new Line()] }, { instances: true }))).toEqual({ lines: [{ at: new Date(0) }] });
  });

  it('refuses cycles, and graphs that would unfold without end', () => {
    const self: Record<string, unknown> = {};
    self['me'] = { self };
    expect(issueOf(self)).toBe('me.self: refers to itself');
    let wide: unknown = 1;
    for (let i = 0; i < 40; i++) wide = [wide, wide];
    expect(issueOf(wide)).toContain('more values than can be stored');
  });

  it('takes what is as deep as allowed, and refuses one level more', () => {
    const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as unknown;
    expect(issueOf(nested(limits.depth))).toBe('accepted');
    expect(issueOf(nested(limits.depth + 1))).toContain('is nested deeper than 64');
    expect(issueOf(nested(5_000))).toContain('is nested deeper than 64');
  });

  it('refuses __proto__ as a name and leaves Object.prototype alone', () => {
    expect(issueOf(JSON.parse('{"a":{"__proto__":{"polluted":1}}}'))).toBe('a.__proto__: is not allowed as a name');
    expect(() => decode('{"$tags":[["date","__proto__","polluted"]],"value":{}}')).toThrow(Undecodable);
    expect(() => decode('{"$tags":[["constructor"]],"value":"x"}')).toThrow(Undecodable);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('gives back whatever it took (property)', () => {
    const leaf = fc.oneof(
      fc.date({ noInvalidDate: true }),
      fc.bigInt(),
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.uint8Array(),
      fc.boolean(),
      fc.constant(null),
    );
    const key = fc.string().filter((name) => name !== '__proto__' && name !== 'toJSON');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree')),
        fc.dictionary(key, tie('tree'), { noNullPrototype: true }),
        fc.array(fc.tuple(fc.string(), tie('tree'))).map((pairs) => new Map(pairs)),
        fc.array(fc.bigInt()).map((items) => new Set(items)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => expect(again(value)).toEqual(value)),
      { numRuns: 500 },
    );
  });
});

describe('seal', () => {
  const codec = { encode: (text: string) => `~${text}`, decode: (text: string) => text.slice(1) };

  it('gives back the envelope', () => {
    const envelope = { payload: { at: new Date(5) }, headers: { tenant: 'a' }, timeout: { after: 5 } };
    expect(open(seal(envelope))).toEqual(envelope);
    expect(open(seal({ payload: undefined }))).toEqual({ payload: undefined });
  });

  it('goes through the codec', () => {
    expect(seal({ payload: 1 }, codec)).toBe('~{"payload":1}');
    expect(open('~{"payload":1}', codec)).toEqual({ payload: 1 });
  });

  it('refuses to open what is cut short, foreign or tampered with', () => {
    const body = seal({ payload: { at: new Date(5) } });
    for (let length = 0; length < body.length; length++) {
      expect(() => open(body.slice(0, length))).toThrow(Undecodable);
    }
    for (const foreign of ['null', '[]', '{}', '42', '{"payload":1,"tags":{}}', '{"payload":1,"tags":[["nope"]]}']) {
      expect(() => open(foreign)).toThrow(Undecodable);
    }
    const broken = {
      ...codec,
      decode: () => {
        throw new Error('wrong key');
      },
    };
    expect(() => open(body, broken)).toThrow('wrong key');
  });

  it('survives any text, with Object.prototype untouched', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          open(text);
        } catch (error) {
          expect(error).toBeInstanceOf(Undecodable);
        }
      }),
    );
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });
});
