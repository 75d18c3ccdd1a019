import { type CronFields, describeCron, parseCron } from './index.js';

describe('describeCron', () => {
  it.each([
    ['0 3 * * MON-FRI', 'at 03:00, Monday to Friday'],
    ['0 3 * * *', 'at 03:00, every day'],
    ['@weekly', 'at 00:00, Sunday'],
    ['@hourly', 'every hour'],
    ['* * * * *', 'every minute'],
    ['* * * * * *', 'every second'],
    ['*/10 * * * * *', 'every 10 seconds'],
    ['30 * * * * *', 'at second 30, every minute'],
    ['*/5 * * * *', 'every 5 minutes'],
    ['*/7 * * * *', 'at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56, every hour'],
    ['15 * * * *', 'at minute 15, every hour'],
    ['*/10 0 * * * *', 'every 10 seconds, at minute 0, every hour'],
    ['*/5 9-17 * * 1-5', 'every 5 minutes, from 09:00 to 17:59, Monday to Friday'],
    ['0 9-17 * * *', 'every hour from 09:00 to 17:59'],
    ['0 */2 * * *', 'every 2 hours'],
    ['0 */8 * * *', 'at 00:00, 08:00 and 16:00, every day'],
    ['*/5 */2 * * *', 'every 5 minutes, in hours 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20 and 22'],
    ['15,45 9 * * SAT,SUN', 'at 09:15 and 09:45, Saturday and Sunday'],
    ['30 15 3 * * *', 'at 03:15:30, every day'],
    ['0 8 1,15 * MON', 'at 08:00, on day 1 and 15 or Monday'],
    ['0 8 1,15 * +MON', 'at 08:00, on day 1 and 15, if it is Monday'],
    ['0 0 L * *', 'at 00:00, on the last day of the month'],
    ['0 0 15W,LW * *', 'at 00:00, on the working day nearest the 15th and on the last working day of the month'],
    ['0 0 * * MON#1,FRI#L', 'at 00:00, the 1st Monday of the month and the last Friday of the month'],
    ['0 0 1-7 JAN,JUN-AUG *', 'at 00:00, on day 1 to 7, in January and June to August'],
    ['0 0 0 1 1 * 2030,2040-2050/5', 'at 00:00, on day 1, in January, in 2030 and every 5th year from 2040 to 2050'],
    [{ week: '1-3', weekday: 'fri-mon', hour: 6 }, 'at 06:00, Monday and Friday to Sunday, in ISO week 1 to 3'],
  ] satisfies [string | CronFields, string][])('says of %j: %s', (written, words) => {
    expect(describeCron(parseCron(written))).toBe(`${words}, UTC`);
  });

  it('names the zone as it was written', () => {
    expect(describeCron(parseCron('0 3 * * 1-5', { timeZone: 'Europe/Paris' }))).toBe(
      'at 03:00, Monday to Friday, Europe/Paris',
    );
  });
});
