import { describeDates } from './describe-dates.js';
import { describeTimes } from './describe-times.js';
import type { CronPattern } from './pattern.js';

/** A pattern in English, for dashboards: `at 03:00, Monday to Friday, Europe/Paris`. */
export function describeCron(pattern: CronPattern): string {
  const times = describeTimes(pattern);
  const dates = describeDates(pattern);
  const everyDay = times.startsWith('at ') && !times.includes('every') ? ['every day'] : [];
  return [times, ...(dates.length > 0 ? dates : everyDay), pattern.timeZone].join(', ');
}
