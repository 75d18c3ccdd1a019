import { enumerate, enumerateRuns, ordinal } from '../wording.js';
import type { CronDays, CronPattern, CronRange, CronWeekdays } from './pattern.js';

const weekdayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** `Monday to Friday`, `on day 1 and 15 or Monday`, `in January`: a phrase for each thing that narrows the dates. */
export function describeDates(pattern: CronPattern): string[] {
  const { months, weeks, years } = pattern;
  return [
    ...dayPhrases(pattern),
    ...(weeks ? [`in ISO week ${enumerateRuns(weeks)}`] : []),
    ...(months.length < 12 ? [`in ${enumerateRuns(months, (month) => monthNames[month - 1]!)}`] : []),
    ...(years ? [`in ${enumerate(years.map(yearWords))}`] : []),
  ];
}

function dayPhrases({ days, weekdays, dayMatch }: CronPattern): string[] {
  const day = days && dayWords(days);
  const weekday = weekdays && weekdayWords(weekdays);
  if (day === undefined || weekday === undefined) return [day ?? weekday ?? []].flat();
  return [dayMatch === 'or' ? `${day} or ${weekday}` : `${day}, if it is ${weekday}`];
}

function dayWords({ listed, nearest, last, lastWorkday }: CronDays): string {
  return enumerate([
    ...(listed.length > 0 ? [`on day ${enumerateRuns(listed)}`] : []),
    ...nearest.map((day) => `on the working day nearest the ${ordinal(day)}`),
    ...(last ? ['on the last day of the month'] : []),
    ...(lastWorkday ? ['on the last working day of the month'] : []),
  ]);
}

function weekdayWords({ listed, nth, last }: CronWeekdays): string {
  // Sunday ends the week here, so that a weekend is one run.
  const fromMonday = listed.map((weekday) => weekday || 7).sort((a, b) => a - b);
  return enumerate([
    ...(listed.length > 0 ? [enumerateRuns(fromMonday, (weekday) => weekdayNames[weekday]!)] : []),
    ...nth.map(({ weekday, n }) => `the ${ordinal(n)} ${weekdayNames[weekday]!} of the month`),
    ...last.map((weekday) => `the last ${weekdayNames[weekday]!} of the month`),
  ]);
}

function yearWords({ from, to, step }: CronRange): string {
  if (from === to) return String(from);
  return step === 1 ? `${from} to ${to}` : `every ${ordinal(step)} year from ${from} to ${to}`;
}
