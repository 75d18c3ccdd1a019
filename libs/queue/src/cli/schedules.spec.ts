import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from '../client/queue.js';
import { Events } from '../events/events.js';
import { fromUrl } from '../from-url.js';
import type { Codec } from '../job/envelope.js';
import { Schedules } from '../schedule/schedules.js';
import { cron, defineTrigger, every } from '../schedule/trigger/index.js';
import type { Store } from '../store/store.js';
import { systemClock } from '../time/clock.js';
import { run } from './program.js';

let folder: string;
let url: string;
let store: Store;
let schedules: Schedules;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  url = `sqlite:${join(folder, 'queue.db')}`;
  store = await fromUrl(url);
  await store.open();
  schedules = on();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function on(codec?: Codec): Schedules {
  const shared = { store, clock: systemClock, events: new Events(), codec };
  return new Schedules({ ...shared, queue: new Queue(shared) });
}

async function millrace(...args: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await run(['schedules', ...args], {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env: { QUEUE_URL: url },
    cwd: folder,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const yearly = cron('0 3 1 1 *', { from: '2100-01-01T00:00:00Z' });
const sealed: Codec = {
  encode: (text) => Buffer.from(text).toString('base64'),
  decode: (text) => Buffer.from(text, 'base64').toString(),
};

describe('schedules list', () => {
  it('SC20: shows each with its words, its slots and what became of them', async () => {
    await schedules.put('a', { task: 'reports.purge', trigger: yearly });
    await schedules.put('b', { task: 'reports.purge', trigger: yearly, paused: true });
    await schedules.trigger('b');

    const { code, out } = await millrace('list');

    expect(code).toBe(0);
    const lines = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines).toEqual([
      ['ID', 'WHEN', 'NEXT', 'LAST', 'ENQUEUED', 'SKIPPED', 'MISSED'],
      ['a', expect.stringContaining('03:00'), '2100-01-01T03:00:00Z', '-', '0', '0', '0'],
      ['b', expect.stringContaining('03:00'), 'paused', '-', '1', '0', '0'],
    ]);
  });

  it('answers in JSON, whatever is asked of a page', async () => {
    const ids = Array.from({ length: 1001 }, (_, n) => `s${String(n).padStart(4, '0')}`);
    for (const id of ids) await schedules.put(id, { task: 'reports.purge', trigger: yearly });

    const { v, schedules: found } = JSON.parse((await millrace('list', '--json')).out) as {
      v: number;
      schedules: { id: string; words: string }[];
    };

    expect(v).toBe(1);
    expect(found.map(({ id }) => id)).toEqual(ids);
  });

  it('says which definition it cannot read, and lists the others', async () => {
    await schedules.put('plain', { task: 'reports.purge', trigger: yearly });
    await on(sealed).put('sealed', { task: 'reports.purge', trigger: yearly });

    const { code, out } = await millrace('list');

    expect(code).toBe(0);
    expect(out).toMatch(/^plain .*03:00/m);
    expect(out).toMatch(/^sealed +cannot be read here +2100-01-01T03:00:00Z/m);
  });

  it('says that there are none', async () => {
    expect(await millrace('list')).toEqual({ code: 0, out: '', err: 'There are no schedules.' });
  });
});

describe('schedules get', () => {
  it('SC20: tells what became of the latest slots', async () => {
    await schedules.put('a', {
      ...{ task: 'reports.purge', queue: 'low', trigger: yearly, payload: { secret: 'x' } },
      ...{ jitter: '30s', grace: '5m', count: 3, overlap: 'skip' },
    });
    const job = (await schedules.trigger('a'))!;

    const { code, out } = await millrace('get', 'a');

    expect(code).toBe(0);
    expect(out).toContain('task    reports.purge on queue low');
    expect(out).toContain('policy  misfire latest, overlap skip, jitter 30s, grace 5m, at most 3 jobs');
    expect(out).toContain('from    a call');
    expect(out).toContain('next    2100-01-01T03:00:00Z');
    expect(out).toMatch(new RegExp(`enqueued +trigger +${job.id}$`, 'm'));
    expect(out).not.toContain('secret');
  });

  it('answers in JSON', async () => {
    await schedules.put('a', { task: 'reports.purge', trigger: yearly });

    const { out } = await millrace('get', 'a', '--json');

    expect(JSON.parse(out)).toMatchObject({ v: 1, schedule: { id: 'a', task: 'reports.purge' }, history: [] });
  });
});

describe('schedules pause and resume', () => {
  it('SC18: lets no slot come, then goes on', async () => {
    await schedules.put('a', { task: 'reports.purge', trigger: yearly });

    expect(await millrace('pause', 'a')).toEqual({ code: 0, out: 'a is paused', err: '' });
    expect(await schedules.get('a')).toMatchObject({ paused: true, next: null });
    expect(await millrace('resume', 'a')).toEqual({ code: 0, out: 'a goes on: 2100-01-01T03:00:00Z', err: '' });
    expect(await schedules.get('a')).toMatchObject({ paused: false });
  });

  it('leaves the slots since the last one to misfire when it is asked to', async () => {
    const trigger = every('1h', { from: '2020-01-01T00:00:00Z' });
    await schedules.put('a', { task: 'reports.purge', trigger, paused: true });
    await millrace('pause', 'a');
    const since = (await schedules.get('a'))!.createdAt;

    await millrace('resume', 'a', '--from-last');

    expect((await schedules.get('a'))!.next).toBe(Math.ceil(since / 3_600_000) * 3_600_000);
  });

  it('pauses what it cannot read, and leaves the rest to the application', async () => {
    await on(sealed).put('sealed', { task: 'reports.purge', trigger: yearly });

    expect(await millrace('pause', 'sealed')).toMatchObject({ code: 0 });
    for (const verb of ['resume', 'trigger']) {
      expect(await millrace(verb, 'sealed')).toMatchObject({
        code: 1,
        err: expect.stringContaining("'sealed' cannot be read here"),
      });
    }
    expect(await on(sealed).get('sealed')).toMatchObject({ paused: true, counts: { enqueued: 0 } });
  });

  it('pauses one whose trigger is code it does not have', async () => {
    const trigger = defineTrigger('cli.spec', (after: number) => after + 1_000_000_000)();
    await schedules.put('mine', { task: 'reports.purge', trigger });

    expect(await millrace('pause', 'mine')).toMatchObject({ code: 0 });
  });
});

describe('schedules trigger', () => {
  it('SC20: enqueues a job now and tells its id', async () => {
    await schedules.put('a', { task: 'reports.purge', payload: { older: 30 }, trigger: yearly });

    const { code, out } = await millrace('trigger', 'a');

    expect(code).toBe(0);
    const job = (await new Queue({ store }).job(out))!;
    expect(job.view).toMatchObject({ task: 'reports.purge', payload: { older: 30 }, state: 'ready' });
    expect(await schedules.get('a')).toMatchObject({ next: Date.parse('2100-01-01T03:00:00Z') });
  });
});

describe('schedules remove', () => {
  it('SC19: forgets it and leaves its jobs, unless they shall end as well', async () => {
    const states = [];
    for (const also of [[], ['--cancel-jobs']]) {
      await schedules.put('a', { task: 'reports.purge', trigger: yearly });
      const job = (await schedules.trigger('a'))!;

      expect(await millrace('remove', 'a', ...also)).toEqual({ code: 0, out: 'a is removed', err: '' });
      expect(await schedules.get('a')).toBeUndefined();
      states.push((await new Queue({ store }).job(job.id))!.view.state);
      await new Queue({ store }).remove(job.id);
    }
    expect(states).toEqual(['ready', 'cancelled']);
  });

  it('forgets what it cannot read', async () => {
    await on(sealed).put('sealed', { task: 'reports.purge', trigger: yearly });

    expect(await millrace('remove', 'sealed')).toMatchObject({ code: 0 });
  });

  it('warns that code puts a declared one back', async () => {
    await schedules.put('a', { task: 'reports.purge', trigger: yearly });
    const [record] = (await store.schedules({ ids: ['a'] })).schedules;
    await store.putSchedule({ ...record!, owner: 'AppModule' }, record!.version);

    expect(await millrace('remove', 'a')).toMatchObject({ code: 0, err: expect.stringContaining('puts it back') });
  });
});

describe('schedules next', () => {
  const next = (...args: string[]) => millrace('next', ...args);

  it('says a pattern in words and shows its next slots, without a store', async () => {
    url = '';

    expect(await next('0 3 * * MON-FRI', '--from', '2027-03-05T12:00:00Z', '-n', '3')).toEqual({
      code: 0,
      out: [
        'at 03:00, Monday to Friday, UTC',
        '2027-03-08T03:00:00Z',
        '2027-03-09T03:00:00Z',
        '2027-03-10T03:00:00Z',
      ].join('\n'),
      err: '',
    });
  });

  it('shows local times, and says where the clock is set forward', async () => {
    const { out } = await next('15 2 * * *', '--time-zone', 'Europe/Paris', '--from', '2027-03-27T12:00Z', '-n', '2');

    const lines = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(lines.slice(1)).toEqual([
      ['Europe/Paris', 'UTC'],
      ['2027-03-28T03:00:00+02:00', '2027-03-28T01:00:00Z', 'the clock skips from 02:00 to 03:00'],
      ['2027-03-29T02:15:00+02:00', '2027-03-29T00:15:00Z'],
    ]);
  });

  it.each([
    ['0 * * * *', 'Europe/Paris', '2027-10-31T00:30+02:00', [null, 'first', 'second', null]],
    ['15 2 * * *', 'Europe/Paris', '2027-10-30T12:00Z', ['first', null]],
    ['45 1 * * *', 'Australia/Lord_Howe', '2027-04-03T00:00Z', ['first', null]],
    ['15 2 * * *', 'Australia/Lord_Howe', '2027-10-02T00:00Z', ['skips from 02:00 to 02:30', null]],
    ['30 0 * * *', 'America/Asuncion', '2023-09-30T12:00Z', ['skips from 00:00 to 01:00', null]],
    ['15 2 * * *', 'UTC', '2027-03-27T12:00Z', [null, null]],
  ])('notes what is odd about the slots of %s in %s after %s: %j', async (pattern, zone, from, notes) => {
    const { out } = await next(pattern, '--time-zone', zone, '--from', from, '-n', String(notes.length), '--json');

    const { timeZone, slots } = JSON.parse(out) as { timeZone: string; slots: { note: string | null }[] };
    expect(timeZone).toBe(zone);
    expect(slots.map(({ note }) => note)).toEqual(
      notes.map((note) => (note === null ? null : (expect.stringContaining(note) as unknown))),
    );
  });

  it.each([
    [['61 * * * *'], "'61' is out of range"],
    [['0 0 31 4 *'], 'never fires'],
    [['0 3 * * *', '--time-zone', 'Mars/Olympus'], 'is not a time zone'],
    [['0 3 * * *', '-n', '0'], 'whole number'],
    [['0 3 * * *', '-n', '1001'], '1 to 1000'],
    [['0 3 * * *', '--from', 'noon'], '--from must be ISO text'],
    [[], 'missing required argument'],
  ])('answers a slip (%j) with 2 and a sentence', async (args, says) => {
    expect(await next(...args)).toEqual({ code: 2, out: '', err: expect.stringContaining(says) });
  });
});

describe('schedules', () => {
  it.each(['get', 'pause', 'resume', 'trigger', 'remove'])('%s answers 4 for an id nobody knows', async (verb) => {
    expect(await millrace(verb, 'nobody')).toEqual({ code: 4, out: '', err: "There is no schedule 'nobody'." });
  });
});
