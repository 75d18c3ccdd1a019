import { bindTasks, defineTasks } from '../task/define-tasks.js';
import { task } from '../task/task.js';
import { cellRate } from '../time/rate.js';
import { puppet, refusal, world } from './testdata/world.js';

interface Mail {
  to: string;
  tenant?: string;
}

const schema = {
  '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value: value as Mail }) },
};

class MailTasks extends defineTasks('mail', {
  plain: task({ payload: schema }),
  paced: task({ payload: schema, rate: '10/m', maxActive: 3 }),
  grouped: task({ payload: schema, group: (mail) => mail.tenant }),
  limited: task({
    payload: schema,
    group: { key: (mail) => mail.tenant, maxActive: 2, rate: { limit: '5/s', burst: 2 }, weight: 3 },
  }),
  shared: task({ payload: schema, group: { key: (mail) => mail.tenant, scope: 'queue' } }),
  weighed: task({ payload: schema, group: { key: (mail) => mail.tenant, weight: (_, tenant) => tenant.length } }),
  ordered: task({ payload: schema, order: (mail) => mail.to }),
  held: task({ payload: schema, order: { key: (mail) => mail.to, onFailed: 'hold' } }),
  all: task({ payload: schema, maxActive: 9, group: (mail) => mail.tenant, order: (mail) => mail.to }),
  broken: task({
    payload: schema,
    group: () => {
      throw new Error('no tenant');
    },
  }),
}) {}

const mail: Mail = { to: 'ada', tenant: 'acme' };

async function setup(options: Parameters<typeof world>[0] = {}) {
  const w = await world(options);
  const mails = bindTasks(MailTasks, w.queue);
  /** The gates of the job that `enqueue` would store. */
  const gates = async (name: keyof MailTasks, payload = mail, call = {}) =>
    (await w.queue.prepare(MailTasks[name as 'plain'], payload, call)).job.gates;
  return { ...w, ...puppet(w.store, 'mailer', ['mail.paced', 'mail.held']), mails, gates };
}

describe('the gates of a job', () => {
  it('RP3: are none for a task without limits, and the task itself for its rate and maxActive', async () => {
    const { gates } = await setup();
    expect(await gates('plain')).toBeUndefined();
    expect(await gates('paced')).toEqual([{ kind: 'task', key: 'mail.paced', max: 3, rate: cellRate('10/m') }]);
  });

  it('RP3 RP4: name the group by task and key, with its limits and its share, which is 1', async () => {
    const { gates } = await setup();
    expect(await gates('grouped')).toEqual([{ kind: 'group', key: 'mail.grouped/acme', turn: 1 }]);
    const rate = cellRate({ limit: '5/s', burst: 2 });
    expect(await gates('limited')).toEqual([{ kind: 'group', key: 'mail.limited/acme', max: 2, rate, turn: 3 }]);
    expect(await gates('shared')).toEqual([{ kind: 'group', key: '*/acme', turn: 1 }]);
    expect(await gates('weighed')).toEqual([{ kind: 'group', key: 'mail.weighed/acme', turn: 4 }]);
  });

  it('name the order by task and key, and whether a failed job holds those behind it', async () => {
    const { gates } = await setup();
    expect(await gates('ordered')).toEqual([{ kind: 'order', key: 'mail.ordered/ada' }]);
    expect(await gates('held')).toEqual([{ kind: 'order', key: 'mail.held/ada', holdFailed: true }]);
  });

  it('stand innermost first: order, group, task; a key that is undefined makes none', async () => {
    const { gates } = await setup();
    expect((await gates('all'))?.map(({ kind }) => kind)).toEqual(['order', 'group', 'task']);
    expect((await gates('all', { to: 'ada' }))?.map(({ kind }) => kind)).toEqual(['order', 'task']);
    expect(await gates('grouped', { to: 'ada' })).toBeUndefined();
  });

  it('take group and order of the call before those of the task, and where it has none', async () => {
    const { gates, queue } = await setup();
    const call = { group: 'other', order: 'strict' };
    expect(await gates('limited', mail, call)).toEqual([
      { kind: 'order', key: 'mail.limited/strict' },
      { kind: 'group', key: 'mail.limited/other', max: 2, rate: cellRate({ limit: '5/s', burst: 2 }), turn: 3 },
    ]);
    expect(await gates('plain', mail, call)).toEqual([
      { kind: 'order', key: 'mail.plain/strict' },
      { kind: 'group', key: 'mail.plain/other', turn: 1 },
    ]);
    expect(await gates('broken', mail, call)).toHaveLength(2);
    expect((await queue.prepare('any.task', {}, call)).job.gates).toHaveLength(2);
  });

  it('DT6: follow overrides and module defaults', async () => {
    const { gates } = await setup({
      defaults: { maxActive: 7 },
      overrides: { 'mail.paced': { rate: '1/s' }, 'mail.plain': { group: { key: () => 'one', maxActive: 1 } } },
    });
    expect(await gates('paced')).toMatchObject([{ kind: 'task', max: 3, rate: { text: '1/s' } }]);
    expect(await gates('plain')).toMatchObject([
      { kind: 'group', key: 'mail.plain/one', max: 1 },
      { kind: 'task', key: 'mail.plain', max: 7 },
    ]);
  });

  const half = '\ud83d';
  it.each<[string, unknown, string]>([
    ['a number', 5, 'must be a text, not of type number'],
    ['null', null, 'must be a text, not null'],
    ['a promise', Promise.reject(new Error('unheard')), 'must be a text, not of type object'],
    ['nothing', '', 'is empty'],
    ['257 bytes', 'x'.repeat(257), 'takes 257 bytes, more than 256'],
    ['129 characters of two bytes', 'é'.repeat(129), 'takes 258 bytes'],
    ['half a character', `a${half}`, 'half a character'],
  ])('refuse a key that is %s, and store nothing', async (_, key, says) => {
    const functions = { group: { key: () => key }, order: { key: () => key } } as never;
    for (const option of ['group', 'order'] as const) {
      const { queue } = await setup({ overrides: { 'a.task': { [option]: functions[option] } } });
      const refused = await refusal(() => queue.enqueue('a.task'));
      expect(refused).toMatchObject({ code: 'CONFIG_INVALID', option: `${option}.key` });
      expect(refused.message).toContain('a.task');
      expect(refused.message).toContain(says);

      const called = await refusal(() => queue.enqueue('b.task', {}, { [option]: key }));
      expect(called).toMatchObject({ code: 'CONFIG_INVALID', option });
      expect(called.message).toContain(says);
      expect((await queue.list()).jobs).toEqual([]);
    }
  });

  it('take a key of 256 bytes, whatever is in it', async () => {
    const { queue, take } = await setup();
    for (const key of ['x'.repeat(256), '🙂'.repeat(64), 'a/b', '*', '{}', ' ', '__proto__', 'a\u0000b\n']) {
      await queue.enqueue('a.task', {}, { group: key, order: key });
    }
    expect(await take()).toHaveLength(8);
  });

  it.each<[unknown, string]>([
    [0, 'gave 0'],
    [101, 'gave 101'],
    [1.5, 'gave 1.5'],
    [NaN, 'gave NaN'],
    ['5', 'gave a value of type string'],
  ])('refuse a weight of %p', async (weight, says) => {
    const group = { key: () => 'a', weight: () => weight as number };
    const { queue } = await setup({ overrides: { 'a.task': { group } } });
    const refused = await refusal(() => queue.enqueue('a.task'));
    expect(refused).toMatchObject({ code: 'CONFIG_INVALID', option: 'group.weight' });
    expect(refused.message).toContain(says);
  });
});

describe('a function that throws', () => {
  const boom = () => {
    throw new Error('boom');
  };

  it.each<[string, object]>([
    ['group.key', { group: boom }],
    ['group.weight', { group: { key: () => 'a', weight: boom } }],
    ['order.key', { order: { key: boom } }],
    ['unique.key', { unique: { key: boom } }],
    ['tags', { tags: boom }],
  ])('refuses the enqueue as OptionFailed of %s, and nothing is stored', async (option, options) => {
    const { queue } = await setup({ overrides: { 'a.task': options } });
    const refused = await refusal(() => queue.enqueue('a.task'));
    expect(refused).toMatchObject({ code: 'OPTION_FAILED', task: 'a.task', option, cause: { message: 'boom' } });
    expect(refused.message).toBe(`The option ${option} of a.task threw: boom. Nothing of this job was stored.`);
    expect((await queue.list()).jobs).toEqual([]);
  });

  it('EN8: is named with the item of a call of many, of which nothing is stored', async () => {
    const { queue, mails } = await setup();
    expect(
      await refusal(() => mails.broken.enqueueMany([{ payload: mail, group: 'a' }, { payload: mail }])),
    ).toMatchObject({
      code: 'OPTION_FAILED',
      option: 'group.key',
      item: 1,
      message: expect.stringContaining('Item 1: ') as string,
    });
    const long = 'x'.repeat(300);
    expect(
      await refusal(() => mails.plain.enqueueMany([{ payload: mail }, { payload: mail, order: long }])),
    ).toMatchObject({ code: 'CONFIG_INVALID', option: '1.order' });
    expect((await queue.list()).jobs).toEqual([]);
  });
});

describe('limits', () => {
  it('RP4: serve a tenant with many jobs and one with a single job in turn', async () => {
    const { mails, take, complete } = await setup();
    await mails.grouped.enqueueMany(Array.from({ length: 50 }, () => ({ payload: { to: 'x', tenant: 'big' } })));
    const small = await mails.grouped.enqueue({ to: 'y', tenant: 'small' });
    const taken = await take('default', 2);
    expect(taken.map((job) => job.id)).toContain(small.id);
    for (const job of taken) await complete(job);
    expect(await take('default', 10)).toHaveLength(10);
  });

  it('RP3: hold the rate of a task by the clock, and say why a job waits', async () => {
    const { mails, queue, take, clock } = await setup();
    const handles = await mails.paced.enqueueMany([{ payload: mail }, { payload: mail }]);
    const other = await mails.plain.enqueue(mail);
    expect((await take()).map((job) => job.id)).toEqual([handles[0]!.id, other.id]);
    const waiting = (await queue.job(handles[1]!.id))!;
    expect(waiting.view).toMatchObject({ state: 'ready', reason: 'limit' });
    expect(await waiting.whyWaiting()).toBe('Jobs of mail.paced begin at most 10/m: the next may in 6s.');
    await clock.advance('6s');
    expect((await take()).map((job) => job.id)).toEqual([handles[1]!.id]);
  });

  it('keep the order in which one process enqueued, also within a millisecond', async () => {
    const { mails, take, complete } = await setup();
    const ids = (await mails.ordered.enqueueMany(Array.from({ length: 20 }, () => ({ payload: mail })))).map(
      ({ id }) => id,
    );
    const taken: string[] = [];
    for (const _ of ids) {
      const [job, ...others] = await take();
      expect(others).toEqual([]);
      taken.push(job!.id);
      await complete(job!);
    }
    expect(taken).toEqual(ids);
  });

  it('keep the order of a key through a retry, whatever the priority', async () => {
    const { mails, queue, take, complete, settle, clock } = await setup();
    const first = await mails.ordered.enqueue(mail, { priority: 'low' });
    const second = await mails.ordered.enqueue(mail, { priority: 'urgent' });
    const [held] = await take();
    expect(held!.id).toBe(first.id);
    expect((await queue.job(second.id))!.view).toMatchObject({ state: 'ready', reason: 'order' });
    await settle(held!, { outcome: 'retry', in: 1000, error: '{}' });
    expect(await take()).toEqual([]);
    await clock.advance('1s');
    const [again] = await take();
    expect(again!.id).toBe(first.id);
    await complete(again!);
    expect((await take()).map((job) => job.id)).toEqual([second.id]);
  });

  it('let those behind a failed job wait where the task says so', async () => {
    const { mails, queue, take, fail } = await setup();
    const first = await mails.held.enqueue(mail);
    const second = await mails.held.enqueue(mail);
    await fail((await take())[0]!, new Error('no'));
    expect(await take()).toEqual([]);
    expect(await (await queue.job(second.id))!.whyWaiting()).toContain('order key ada');
    await first.remove();
    expect((await take()).map((job) => job.id)).toEqual([second.id]);
  });
});
