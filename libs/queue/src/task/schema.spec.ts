import 'reflect-metadata';
import { Type } from 'class-transformer';
import { ArrayMinSize, IsDate, IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { ConfigInvalid } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { schemaOf } from './schema.js';

class Line {
  @IsString()
  sku!: string;

  @IsInt()
  @Min(1)
  quantity: number = 1;
}

class Order {
  @IsString()
  id!: string;

  @ValidateNested({ each: true })
  @ArrayMinSize(1)
  @Type(() => Line)
  lines!: Line[];

  @IsOptional()
  @IsDate()
  @Type(() => Date)
  at?: Date;

  @IsOptional()
  extra?: unknown;

  total() {
    return this.lines.length;
  }
}

class Entity {
  constructor(readonly secret = 'x') {}
}

const line = { sku: 'a', quantity: 2 };
const check = async (value: unknown) => schemaOf(Order, 'test').check(value);
const paths = async (value: unknown) => {
  const answer = await check(value);
  return 'issues' in answer ? answer.issues.map((issue) => issue.path) : [];
};

describe('a DTO class', () => {
  it('answers instances, nested ones too, with its initialisers as defaults', async () => {
    const answer = await check({ id: 'o', lines: [{ sku: 'a' }], at: '2026-01-01T00:00:00Z' });
    const { value } = answer as { value: Order };
    expect(value).toBeInstanceOf(Order);
    expect(value.total()).toBe(1);
    expect(value.lines[0]).toEqual(Object.assign(new Line(), { sku: 'a', quantity: 1 }));
    expect(value.at).toEqual(new Date('2026-01-01T00:00:00Z'));
  });

  it('names what is wrong by its dotted path', async () => {
    expect(await paths({ id: 5, lines: [line, { sku: 1, quantity: 0 }] })).toEqual(
      expect.arrayContaining(['id', 'lines.1.sku', 'lines.1.quantity']),
    );
    expect(await paths({ lines: [] })).toEqual(expect.arrayContaining(['id', 'lines']));
  });

  it('refuses unknown fields, nested ones too', async () => {
    expect(await paths({ id: 'o', lines: [line], colour: 'red' })).toEqual(['colour']);
    expect(await paths({ id: 'o', lines: [{ ...line, colour: 'red' }] })).toEqual(['lines.0.colour']);
  });

  it.each([undefined, null, 'text', 5, [], [{ id: 'o', lines: [line] }]])('refuses %p', async (value) => {
    expect(await check(value)).toMatchObject({ issues: [{ path: '', message: expect.stringContaining('Order') }] });
  });

  it('takes instances where it expects them, and no others', async () => {
    const order = Object.assign(new Order(), { id: 'o', lines: [Object.assign(new Line(), line)] });
    expect(await paths(order)).toEqual([]);
    expect(await check(new Entity())).toMatchObject({ issues: [{ message: expect.stringContaining('Entity') }] });
    expect(await paths({ id: 'o', lines: [new Entity()] })).toEqual(['lines.0']);
    expect(await paths({ id: 'o', lines: [line], extra: { deep: [new Entity()] } })).toEqual(['extra.deep.0']);
  });

  it('keeps URLs, bytes, maps and sets whole', async () => {
    const extra = {
      url: new URL('https://example.org'),
      bytes: new Uint8Array([1]),
      map: new Map([['a', new Set([1])]]),
    };
    const answer = await check({ id: 'o', lines: [line], extra });
    expect((answer as { value: Order }).value.extra).toEqual(extra);
  });

  it('changes nothing of the value it is given', async () => {
    const given = Object.freeze({ id: 'o', lines: Object.freeze([Object.freeze({ ...line })]) });
    expect(await paths(given)).toEqual([]);
    expect(Object.getPrototypeOf(given.lines[0])).toBe(Object.prototype);
  });

  it('accepts what it made', async () => {
    const first = (await check({ id: 'o', lines: [line], at: new Date(5) })) as { value: Order };
    expect(await check(first.value)).toEqual(first);
  });

  it('refuses what is nested too deep, refers to itself, or hides a prototype', async () => {
    const deep = JSON.parse('{"a":'.repeat(5000) + '1' + '}'.repeat(5000)) as unknown;
    expect(await check({ id: 'o', lines: [line], extra: deep })).toMatchObject({
      issues: [{ message: expect.stringContaining(String(limits.depth)) }],
    });
    const self: Record<string, unknown> = {};
    self['self'] = [self, self];
    expect(await check({ id: 'o', lines: [line], extra: self })).toHaveProperty('issues');
    const hostile = JSON.parse('{"id":"o","lines":[],"__proto__":{"polluted":1}}') as unknown;
    expect(await paths(hostile)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('says so when a class has no decorators', async () => {
    await expect(schemaOf(Entity, 'x.payload').check({ secret: 'x' })).rejects.toThrow(
      /Entity has no validation decorators/,
    );
  });
});

describe('a Standard Schema', () => {
  const schema = (answer: unknown) => ({ '~standard': { version: 1, vendor: 'test', validate: () => answer } });

  it('answers the value it makes', async () => {
    expect(await schemaOf(schema({ value: 5 }), 'x').check('5')).toEqual({ value: 5 });
    expect(await schemaOf(schema(Promise.resolve({ value: 5 })), 'x').check('5')).toEqual({ value: 5 });
  });

  it('names issues by dotted paths', async () => {
    const issues = [{ message: 'bad', path: ['items', { key: 0 }, 'sku'] }, { message: 'worse' }];
    expect(await schemaOf(schema({ issues }), 'x').check('5')).toEqual({
      issues: [
        { path: 'items.0.sku', message: 'bad' },
        { path: '', message: 'worse' },
      ],
    });
  });
});

it('refuses what is neither class nor schema', () => {
  expect(() => schemaOf('Order', 'orders.process.payload')).toThrow(ConfigInvalid);
});
