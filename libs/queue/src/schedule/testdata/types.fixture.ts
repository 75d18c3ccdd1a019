import { OrderTasks } from '../../task/testdata/contracts.js';
import { CalendarEvery, Cron, Every } from '../decorators.js';
import type { Schedules } from '../schedules.js';
import { at, calendar, cron, every } from '../trigger/index.js';

declare const schedules: Schedules;
const trigger = cron('0 3 * * *');
const payload = { orderId: 'a', quantity: 1 };

/** What a user writes. */
export async function right() {
  await schedules.put('a', {
    task: OrderTasks.process,
    payload,
    trigger,
    misfire: 'all',
    overlap: 'wait',
    jitter: '30s',
  });
  await schedules.put('b', { task: OrderTasks.sweep, trigger: every('15m'), queue: 'low', tags: ['night'] });
  await schedules.put('c', { task: 'other.service', payload: { anything: true }, trigger: { at: new Date(0) } });
  await schedules.put('d', {
    task: OrderTasks.sweep,
    trigger: { calendar: { months: 1, at: '09:00' }, timeZone: 'Asia/Tokyo' },
  });
}

/** Each line must not compile. */
export async function wrong() {
  // @ts-expect-error a field of the payload is missing
  await schedules.put('a', { task: OrderTasks.process, payload: { orderId: 'a' }, trigger });
  // @ts-expect-error the payload is missing
  await schedules.put('a', { task: OrderTasks.process, trigger });
  // @ts-expect-error no payload is taken
  await schedules.put('a', { task: OrderTasks.sweep, payload, trigger });
  // @ts-expect-error the trigger is missing
  await schedules.put('a', { task: OrderTasks.sweep });
  // @ts-expect-error '5 minutes' is no duration
  await schedules.put('a', { task: OrderTasks.sweep, trigger, jitter: '5 minutes' });
  // @ts-expect-error there is no such policy
  await schedules.put('a', { task: OrderTasks.sweep, trigger, overlap: 'queue' });
  // @ts-expect-error a schedule has times of its own
  await schedules.put('a', { task: OrderTasks.sweep, trigger, delay: '5s' });
  // @ts-expect-error '15 minutes' is no duration
  every('15 minutes');
  // @ts-expect-error a date is no list
  at([2027, 1, 1]);
  // @ts-expect-error '9am' is no time of the day
  calendar({ days: 1, at: '9am' });
}

export class Handlers {
  @Cron('0 3 * * *', { timeZone: 'Europe/Paris', misfire: 'skip' })
  @Every('1h', { id: 'hourly', first: 'now' })
  @CalendarEvery({ weeks: 2, at: '09:00' }, { id: 'fortnightly', payload: { full: true } })
  run(): void {}

  // @ts-expect-error there is no such option
  @Cron('0 3 * * *', { timezone: 'Europe/Paris' })
  slip(): void {}
}
