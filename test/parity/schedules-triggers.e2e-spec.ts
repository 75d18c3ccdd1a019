import { Injectable } from '@nestjs/common';
import { allOf, anyOf, at, calendar, cron, defineTrigger, Every, every, type Trigger } from 'millrace';
import { ManualClock } from 'millrace/testing';
import { closeAll, mill, refusal } from './mill.js';
import { iso, ticking, Ticks, times } from './ticking.js';

// A Friday.
const start = '2027-01-01T00:00:00Z';

afterEach(closeAll);

/** The next slots of a trigger, in UTC. */
async function slots(trigger: Trigger, n = 4, from: string | number = start): Promise<string[]> {
  const { schedules } = await mill({ worker: false });
  return times(...schedules.preview(trigger, n, { from }));
}

/** An application whose clock stands at `start`, and the facts about its schedules. */
async function begun(now = start) {
  const m = await ticking({ clock: new ManualClock(now) });
  const facts: string[] = [];
  m.events.on('schedule.changed', ({ id, change, at }) => void facts.push(`${id} ${change} ${iso(at)}`));
  m.events.on('schedule.missed', ({ id, count, why }) => void facts.push(`${id} missed ${count} ${why}`));
  return Object.assign(m, { facts });
}

describe('triggers', () => {
  it('SC4: a cron expression fires at the local times it names, and so does its object form', async () => {
    const m = await begun();
    await m.schedules.put('text', { task: Ticks.tick, trigger: cron('0 3 * * *', { timeZone: 'Europe/Paris' }) });
    await m.schedules.put('object', {
      task: Ticks.tick,
      trigger: cron({ hour: 3, minute: 0 }, { timeZone: 'Europe/Paris' }),
    });
    await m.until('2027-01-01T02:00Z');
    await m.until('2027-01-02T02:00Z');

    expect(m.ran.map(({ schedule, slot, at }) => `${schedule} ${slot} ${at}`).sort()).toEqual([
      'object 2027-01-01T02:00:00Z 2027-01-01T02:00:00Z',
      'object 2027-01-02T02:00:00Z 2027-01-02T02:00:00Z',
      'text 2027-01-01T02:00:00Z 2027-01-01T02:00:00Z',
      'text 2027-01-02T02:00:00Z 2027-01-02T02:00:00Z',
    ]);
  });

  it.each([
    ['year', { year: 2030 }, ['2030-01-01T00:00Z']],
    ['month', { month: 2 }, ['2027-02-01T00:00Z', '2028-02-01T00:00Z', '2029-02-01T00:00Z', '2030-02-01T00:00Z']],
    ['day', { day: 1 }, ['2027-01-01T00:00Z', '2027-02-01T00:00Z', '2027-03-01T00:00Z', '2027-04-01T00:00Z']],
    [
      'week, of ISO, on any of its days',
      { week: 2 },
      ['2027-01-11T00:00Z', '2027-01-12T00:00Z', '2027-01-13T00:00Z', '2027-01-14T00:00Z'],
    ],
    [
      'weekday, in any week',
      { weekday: 'sun' },
      ['2027-01-03T00:00Z', '2027-01-10T00:00Z', '2027-01-17T00:00Z', '2027-01-24T00:00Z'],
    ],
    ['hour', { hour: 6 }, ['2027-01-01T06:00Z', '2027-01-02T06:00Z', '2027-01-03T06:00Z', '2027-01-04T06:00Z']],
    ['minute', { minute: 5 }, ['2027-01-01T00:05Z', '2027-01-01T01:05Z', '2027-01-01T02:05Z', '2027-01-01T03:05Z']],
    [
      'second',
      { second: 5 },
      ['2027-01-01T00:00:05Z', '2027-01-01T00:01:05Z', '2027-01-01T00:02:05Z', '2027-01-01T00:03:05Z'],
    ],
  ])(
    'SC4: in the object form, after %s finer fields are their minimum, and coarser ones any',
    async (_, fields, found) => {
      expect(await slots(cron(fields))).toEqual(times(...found));
    },
  );

  it('SC4: week and weekday are any after a coarser field, and a field left out before the last one given is any', async () => {
    // Not only Mondays, and not only week 1.
    expect(await slots(cron({ month: 3, day: '1-3' }), 3)).toEqual(
      times('2027-03-01T00:00Z', '2027-03-02T00:00Z', '2027-03-03T00:00Z'),
    );
    // The minute stands between the two that are given.
    expect(await slots(cron({ hour: 3, second: 30 }), 3)).toEqual(
      times('2027-01-01T03:00:30Z', '2027-01-01T03:01:30Z', '2027-01-01T03:02:30Z'),
    );
  });

  it.each([
    ['Friday the 13th', { day: 13, weekday: 'FRI' }, ['2027-08-13T00:00Z', '2028-10-13T00:00Z']],
    ['Mondays of week 1', { week: 1, weekday: 'MON' }, ['2027-01-04T00:00Z', '2028-01-03T00:00Z']],
    ['January days of week 53', { month: 1, week: 53 }, ['2027-01-01T00:00Z', '2027-01-02T00:00Z']],
    ['31st of a leap year', { year: '2028-2031', month: '2-3', day: 31 }, ['2028-03-31T00:00Z', '2029-03-31T00:00Z']],
  ])('SC4: all fields of the object form must agree: %s', async (_, fields, found) => {
    expect(await slots(cron(fields), 2)).toEqual(times(...found));
  });

  it.each([
    [
      'hours over midnight',
      { hour: '22-1' },
      ['2027-01-01T00:00Z', '2027-01-01T01:00Z', '2027-01-01T22:00Z', '2027-01-01T23:00Z', '2027-01-02T00:00Z'],
    ],
    [
      'the weekend and its neighbours',
      { weekday: 'FRI-MON' },
      ['2027-01-01T00:00Z', '2027-01-02T00:00Z', '2027-01-03T00:00Z', '2027-01-04T00:00Z', '2027-01-08T00:00Z'],
    ],
    [
      'winter',
      { month: 'NOV-FEB' },
      ['2027-01-01T00:00Z', '2027-02-01T00:00Z', '2027-11-01T00:00Z', '2027-12-01T00:00Z', '2028-01-01T00:00Z'],
    ],
  ])('SC4: ranges of the object form may wrap: %s', async (_, fields, found) => {
    expect(await slots(cron(fields), 5)).toEqual(times(...found));
  });

  it('SC4: the object form of nothing is refused', async () => {
    expect(await refusal(() => cron({}))).toMatchObject({
      code: 'SCHEDULE_INVALID',
      field: 'trigger.cron',
      message: expect.stringMatching(/year, month, day, week, weekday, hour, minute, second/) as string,
    });
    const { schedules } = await mill({ worker: false });
    const stored = await refusal(() => schedules.put('never', { task: Ticks.tick, trigger: { cron: {} } }));
    expect(stored).toMatchObject({ code: 'SCHEDULE_INVALID', field: 'trigger.cron' });
    expect(await schedules.get('never')).toBeUndefined();
  });

  it.each([
    ['mon-fri', '0 9 * * mon-fri', ['2027-01-01T09:00Z', '2027-01-04T09:00Z', '2027-01-05T09:00Z']],
    ['day=1', '0 0 1 * *', ['2027-01-01T00:00Z', '2027-02-01T00:00Z', '2027-03-01T00:00Z']],
    ['last day', '0 0 L * *', ['2027-01-31T00:00Z', '2027-02-28T00:00Z', '2027-03-31T00:00Z']],
    ['last fri', '0 0 * * FRI#L', ['2027-01-29T00:00Z', '2027-02-26T00:00Z', '2027-03-26T00:00Z']],
    ['1st mon', '0 0 * * MON#1', ['2027-01-04T00:00Z', '2027-02-01T00:00Z', '2027-03-01T00:00Z']],
    ['last day', { day: 'L' }, ['2027-01-31T00:00Z', '2027-02-28T00:00Z', '2027-03-31T00:00Z']],
    ['last fri', { weekday: 'FRI#L' }, ['2027-01-29T00:00Z', '2027-02-26T00:00Z', '2027-03-26T00:00Z']],
    ['1st mon', { weekday: 'MON#1' }, ['2027-01-04T00:00Z', '2027-02-01T00:00Z', '2027-03-01T00:00Z']],
  ])('SC4: what the originals write as %s is %j', async (_, expression, found) => {
    expect(await slots({ cron: expression }, 3)).toEqual(times(...found));
  });

  it('SC5: an interval is counted from `from`, in elapsed time, and both ends are slots', async () => {
    const bounds = { from: '2027-01-01T00:00:07Z', until: '2027-01-01T00:01:37Z' };
    expect(await slots(every('30s', bounds), 9)).toEqual(
      times('2027-01-01T00:00:07Z', '2027-01-01T00:00:37Z', '2027-01-01T00:01:07Z', '2027-01-01T00:01:37Z'),
    );
    // The clocks of Paris go forward at 01:00Z: no hour is skipped, none comes twice.
    expect(await slots(every('6h', { from: '2027-03-27T18:00+01:00' }), 4, '2027-03-27T12:00Z')).toEqual(
      times('2027-03-27T17:00Z', '2027-03-27T23:00Z', '2027-03-28T05:00Z', '2027-03-28T11:00Z'),
    );

    const m = await begun();
    await m.schedules.put('bounded', { task: Ticks.tick, trigger: every('30s', bounds) });
    await m.turn('5m');
    expect(m.ran.map(({ slot }) => slot)).toEqual(
      times('2027-01-01T00:00:07Z', '2027-01-01T00:00:37Z', '2027-01-01T00:01:07Z', '2027-01-01T00:01:37Z'),
    );
    expect(m.facts.at(-1)).toBe('bounded finished 2027-01-01T00:01:37Z');
  });

  it('SC5: an interval is at least a second', async () => {
    expect(await slots(every('1s'), 2)).toEqual(times('2027-01-01T00:00:01Z', '2027-01-01T00:00:02Z'));
    for (const short of [999, 0, -1000]) {
      expect(await refusal(() => every(short))).toMatchObject({ code: 'SCHEDULE_INVALID', field: 'trigger.every' });
    }
  });

  it('SC5: unless told otherwise it counts from the creation, the first slot one interval later or at once', async () => {
    const m = await begun('2027-01-01T00:00:05Z');
    await m.schedules.put('later', { task: Ticks.tick, trigger: every('30s') });
    await m.schedules.put('now', { task: Ticks.tick, trigger: every('30s', { first: 'now' }) });
    await m.turn('1m');

    const slotsOf = (id: string) => m.ran.filter(({ schedule }) => schedule === id).map(({ slot }) => slot);
    expect(slotsOf('later')).toEqual(times('2027-01-01T00:00:35Z', '2027-01-01T00:01:05Z'));
    expect(slotsOf('now')).toEqual(times('2027-01-01T00:00:05Z', '2027-01-01T00:00:35Z', '2027-01-01T00:01:05Z'));
  });

  it('SC5: firing late does not drift', async () => {
    const m = await begun();
    await m.schedules.put('steady', { task: Ticks.tick, trigger: every('30s') });
    await m.turn('1s');
    for (let round = 0; round < 3; round++) {
      m.clock.freeze('31s');
      await m.turn(0);
    }

    expect(m.ran.map(({ slot, at }) => `${slot} ${at}`)).toEqual([
      '2027-01-01T00:00:30Z 2027-01-01T00:00:32Z',
      '2027-01-01T00:01:00Z 2027-01-01T00:01:03Z',
      '2027-01-01T00:01:30Z 2027-01-01T00:01:34Z',
    ]);
    expect(await m.schedules.get('steady')).toMatchObject({ next: Date.parse('2027-01-01T00:02:00Z') });
  });

  it('SC5: a boot with an unchanged declaration keeps the sequence', async () => {
    const ran: string[] = [];
    @Injectable()
    class Reports {
      @Every('10m')
      refresh(_: void, { scheduledFor }: { scheduledFor: number | undefined }) {
        ran.push(iso(scheduledFor!));
      }
    }
    const clock = new ManualClock(start);
    const first = await mill({ clock, providers: [Reports] });
    await first.turn('17m');
    await first.close();
    const second = await mill({ clock, store: first.store, providers: [Reports] });
    await second.turn('4m');

    expect(ran).toEqual(times('2027-01-01T00:10Z', '2027-01-01T00:20Z'));
    expect(await second.schedules.get('Reports.refresh')).toMatchObject({ next: Date.parse('2027-01-01T00:30Z') });
  });

  it('SC6: a date fires once and is gone then, with an event', async () => {
    const m = await begun();
    await m.schedules.put('launch', { task: Ticks.tick, trigger: at('2027-01-01T01:00:30+01:00') });
    await m.turn('29s');
    expect(m.ran).toEqual([]);
    await m.turn('1m');

    expect(m.ran).toMatchObject([{ slot: '2027-01-01T00:00:30Z', at: '2027-01-01T00:00:30Z' }]);
    expect(m.facts).toEqual(['launch put 2027-01-01T00:00:00Z', 'launch finished 2027-01-01T00:00:30Z']);
    expect(await m.schedules.get('launch')).toBeUndefined();
    expect((await m.schedules.list()).schedules).toEqual([]);
  });

  it('SC6: a past date fires now, unless the grace is over', async () => {
    const m = await begun();
    const yesterday = at(new Date('2026-12-31T00:00Z'));
    await m.schedules.put('patient', { task: Ticks.tick, trigger: yesterday });
    await m.schedules.put('within', { task: Ticks.tick, trigger: yesterday, grace: '25h' });
    await m.schedules.put('over', { task: Ticks.tick, trigger: yesterday, grace: '23h' });
    await m.turn('1s');

    expect(m.ran.map(({ schedule, slot, at }) => `${schedule} ${slot} ${at}`).sort()).toEqual([
      'patient 2026-12-31T00:00:00Z 2027-01-01T00:00:00Z',
      'within 2026-12-31T00:00:00Z 2027-01-01T00:00:00Z',
    ]);
    expect(m.facts).toContain('over missed 1 grace');
    expect(m.facts).toContain('over finished 2027-01-01T00:00:00Z');
    expect((await m.schedules.list()).schedules).toEqual([]);
  });

  it('SC7: a calendar interval keeps its local time through clock changes, from and until included', async () => {
    const trigger = calendar({
      days: 1,
      at: '09:00',
      timeZone: 'Europe/Paris',
      from: '2027-03-27T09:00+01:00',
      until: '2027-03-30T09:00+02:00',
    });
    const found = ['2027-03-27T09:00+01:00', '2027-03-28T09:00+02:00', '2027-03-29T09:00+02:00'];
    expect(await slots(trigger, 9, '2027-03-01T00:00Z')).toEqual(times(...found, '2027-03-30T09:00+02:00'));
    expect(await slots(calendar({ days: 1, at: '09:00', timeZone: 'Europe/Paris' }), 3, '2027-10-30T00:00Z')).toEqual(
      times('2027-10-30T09:00+02:00', '2027-10-31T09:00+01:00', '2027-11-01T09:00+01:00'),
    );

    const m = await begun('2027-03-27T00:00Z');
    await m.schedules.put('daily', { task: Ticks.tick, trigger });
    for (const slot of found) await m.until(slot);
    expect(m.ran.map(({ slot }) => slot)).toEqual(times(...found));
  });

  it.each([
    ['2 days', { days: 2 }, ['2027-01-01T00:00Z', '2027-01-03T00:00Z', '2027-01-05T00:00Z']],
    ['2 weeks', { weeks: 2 }, ['2027-01-01T00:00Z', '2027-01-15T00:00Z', '2027-01-29T00:00Z']],
    ['5 months', { months: 5 }, ['2027-01-01T00:00Z', '2027-06-01T00:00Z', '2027-11-01T00:00Z']],
    ['3 years', { years: 3 }, ['2027-01-01T00:00Z', '2030-01-01T00:00Z', '2033-01-01T00:00Z']],
    ['a month and a day', { months: 1, days: 1 }, ['2027-01-01T00:00Z', '2027-02-02T00:00Z', '2027-03-03T00:00Z']],
  ])('SC7: it goes in days, weeks, months and years: %s', async (_, steps, found) => {
    expect(await slots(calendar(steps), 3)).toEqual(times(...found));
  });

  it.each([
    ['a month from 31 January', { months: 1, from: '2027-01-31T00:00Z' }, ['2027-01-31', '2027-03-31', '2027-05-31']],
    [
      'the same, clipped',
      { months: 1, from: '2027-01-31T00:00Z', overflow: 'clip' as const },
      ['2027-01-31', '2027-02-28', '2027-03-31', '2027-04-30'],
    ],
    ['a year from 29 February', { years: 1, from: '2028-02-29T00:00Z' }, ['2028-02-29', '2032-02-29', '2036-02-29']],
    [
      'the same, clipped',
      { years: 1, from: '2028-02-29T00:00Z', overflow: 'clip' as const },
      ['2028-02-29', '2029-02-28', '2030-02-28', '2031-02-28', '2032-02-29'],
    ],
  ])('SC7: a date that does not exist is skipped, or clipped to the last day: %s', async (_, fields, dates) => {
    const found = dates.map((date) => `${date}T09:00Z`);
    expect(await slots(calendar({ ...fields, at: '09:00' }), dates.length)).toEqual(times(...found));
  });

  it('SC7: in a gap it fires once, at the first instant after it, and in an overlap in the first pass', async () => {
    const trigger = calendar({ days: 1, at: '02:15', timeZone: 'Europe/Paris' });
    expect(await slots(trigger, 3, '2027-03-27T00:00Z')).toEqual(
      times('2027-03-27T02:15+01:00', '2027-03-28T03:00+02:00', '2027-03-29T02:15+02:00'),
    );
    expect(await slots(trigger, 3, '2027-10-30T00:00Z')).toEqual(
      times('2027-10-30T02:15+02:00', '2027-10-31T02:15+02:00', '2027-11-01T02:15+01:00'),
    );
    // Samoa had no 30 December 2011.
    expect(
      await slots(calendar({ days: 1, at: '12:00', timeZone: 'Pacific/Apia' }), 2, '2011-12-29T12:00-10:00'),
    ).toEqual(times('2011-12-29T12:00-10:00', '2011-12-31T12:00+14:00'));
  });

  it('SC8: anyOf is the union in order, what coincides once, and ends with the last member', async () => {
    const trigger = anyOf(
      every('20m', { from: start, until: '2027-01-01T01:00Z' }),
      cron('*/30 * * * *', { until: '2027-01-01T01:30Z' }),
      at('2027-01-01T00:10Z'),
    );
    const found = ['00:00', '00:10', '00:20', '00:30', '00:40', '01:00', '01:30'].map((time) => `2027-01-01T${time}Z`);
    expect(await slots(trigger, 20)).toEqual(times(...found));

    const m = await begun();
    await m.schedules.put('any', { task: Ticks.tick, trigger });
    for (const slot of found) await m.until(slot);
    expect(m.ran.map(({ slot }) => slot)).toEqual(times(...found));
    expect(m.facts.at(-1)).toBe('any finished 2027-01-01T01:30:00Z');
  });

  it('SC8: allOf takes the earliest of slots that agree within a second, or as told, and ends with the first member', async () => {
    const nine = cron('0 9 * * *');
    expect(await slots(allOf(nine, cron('0 9 * * MON')), 2)).toEqual(times('2027-01-04T09:00Z', '2027-01-11T09:00Z'));
    expect(await slots(allOf(cron('1 0 9 * * MON'), nine), 1)).toEqual(times('2027-01-04T09:00Z'));
    expect(await slots(allOf(nine, cron('2 0 9 * * MON')), 1)).toEqual([]);
    const within = (within: '5m' | '4m') => allOf(cron('5 9 * * MON'), nine, { within });
    expect(await slots(within('5m'), 2)).toEqual(times('2027-01-04T09:00Z', '2027-01-11T09:00Z'));
    expect(await slots(within('4m'), 2)).toEqual([]);

    const ending = allOf(cron('0 * * * *'), every('2h', { from: start, until: '2027-01-01T05:00Z' }));
    const m = await begun('2027-01-01T00:30Z');
    await m.schedules.put('both', { task: Ticks.tick, trigger: ending });
    for (const hour of ['01', '02', '03', '04', '05', '06']) await m.until(`2027-01-01T${hour}:00Z`);
    expect(m.ran.map(({ slot }) => slot)).toEqual(times('2027-01-01T02:00Z', '2027-01-01T04:00Z'));
    expect(m.facts.at(-1)).toBe('both finished 2027-01-01T04:00:00Z');
  });

  it('SC8: the search for an agreement is bounded: what never agrees is refused and shows no slots', async () => {
    // Four and six minutes past whole hours, for ever; and two members that drift by a millisecond a round.
    for (const never of [
      allOf(cron('4 * * * *'), cron('6 * * * *')),
      allOf(every('60s', { from: start }), every(60_001, { from: '2027-01-01T00:00:30Z' }), { within: 0 }),
    ]) {
      const { schedules } = await mill({ worker: false, clock: new ManualClock(start) });
      expect(schedules.preview(never)).toEqual([]);
      expect(await refusal(() => schedules.put('never', { task: Ticks.tick, trigger: never }))).toMatchObject({
        code: 'SCHEDULE_INVALID',
        field: 'trigger',
        message: expect.stringMatching(/never fire/) as string,
      });
      expect(await schedules.get('never')).toBeUndefined();
    }
  });

  it('SC9: a trigger of one’s own is registered code and stored data, and leaves out days without a slot', async () => {
    const sunrise = defineTrigger('parity.sunrise', (after, place: { latitude: number; longitude: number }) => {
      for (let day = Math.floor(after / dayMs) - 1, end = day + 366; day < end; day++) {
        const risen = sunriseOn(day, place);
        if (risen !== null && risen > after) return risen;
      }
      return null;
    });
    const m = await begun();
    const trigger = sunrise({ latitude: 69.65, longitude: 18.96 });
    const view = await m.schedules.put('lamps', { task: Ticks.tick, trigger });
    expect(view.trigger).toEqual({ trigger: 'parity.sunrise', data: { latitude: 69.65, longitude: 18.96 } });

    // The polar night of Tromsø ends in January.
    const [first, second] = m.schedules.preview(trigger, 2);
    expect(iso(first!)).toMatch(/^2027-01-[12]\dT1/);
    expect(second! - first!).toBeLessThan(dayMs);
    expect(view.next).toBe(first);
    await m.until(first!);
    expect(m.ran.map(({ slot }) => slot)).toEqual([iso(first!)]);
  });

  it('SC9: its last answer ends the schedule; without its code nothing is stored, and a wrong answer is refused', async () => {
    const twice = defineTrigger('parity.twice', (after, from: number) => {
      const left = [from, from + 5000].filter((slot) => slot > after);
      return left[0] ?? null;
    });
    const stuck = defineTrigger('parity.stuck', (after) => after);
    const m = await begun();
    await m.schedules.put('twice', { task: Ticks.tick, trigger: twice(m.clock.now() + 1000) });
    const put = (trigger: Trigger) => refusal(() => m.schedules.put('bad', { task: Ticks.tick, trigger }));

    expect(await put({ trigger: 'parity.nobodys' })).toMatchObject({ code: 'SCHEDULE_INVALID', field: 'trigger' });
    expect(await put(stuck())).toMatchObject({ code: 'SCHEDULE_INVALID', field: 'trigger' });
    expect(await m.schedules.get('bad')).toBeUndefined();
    await m.turn('10s');
    expect(m.ran.map(({ slot }) => slot)).toEqual(times('2027-01-01T00:00:01Z', '2027-01-01T00:00:06Z'));
    expect(m.facts.at(-1)).toBe('twice finished 2027-01-01T00:00:06Z');
  });
});

const dayMs = 86_400_000;

/** Good to some minutes: the hour angle at which the sun, taken for a point, stands on the horizon. */
function sunriseOn(day: number, { latitude, longitude }: { latitude: number; longitude: number }): number | null {
  const radians = Math.PI / 180;
  const date = new Date(day * dayMs);
  const dayOfYear = (date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMs;
  const declination = -23.44 * radians * Math.cos(((dayOfYear + 10) / 365) * 2 * Math.PI);
  const hourAngle = -Math.tan(latitude * radians) * Math.tan(declination);
  if (Math.abs(hourAngle) > 1) return null;
  return Math.round(day * dayMs + (12 - Math.acos(hourAngle) / radians / 15 - longitude / 15) * 3_600_000);
}
