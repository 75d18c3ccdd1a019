import { enumerate, enumerateRuns, twoDigits } from '../wording.js';
import type { CronPattern } from './pattern.js';

const mostClockTimes = 6;

/** `at 03:00 and 15:00`, `every 5 minutes, from 09:00 to 17:59`, `at minute 15, every hour`. */
export function describeTimes({ hours, minutes, seconds }: CronPattern): string {
  if (hours.length * minutes.length * seconds.length <= mostClockTimes) {
    return `at ${enumerate(clockTimes({ hours, minutes, seconds }))}`;
  }
  const phrases = [
    ...(isZero(seconds) ? [] : [phrase(seconds, 60, 'second')]),
    ...(isZero(seconds) && isZero(minutes) ? [] : [phrase(minutes, 60, 'minute')]),
    hourPhrase(hours, isZero(minutes)),
  ];
  return phrases.filter((each, place) => place === 0 || !isImplied(each, phrases[place - 1]!)).join(', ');
}

function clockTimes({ hours, minutes, seconds }: Pick<CronPattern, 'hours' | 'minutes' | 'seconds'>): string[] {
  const tail = (second: number) => (isZero(seconds) ? '' : `:${twoDigits(second)}`);
  return hours.flatMap((hour) =>
    minutes.flatMap((minute) => seconds.map((second) => `${twoDigits(hour)}:${twoDigits(minute)}${tail(second)}`)),
  );
}

function phrase(values: number[], size: number, unit: string): string {
  const step = evenStep(values, size);
  if (step === 1) return `every ${unit}`;
  if (step !== undefined) return `every ${step} ${unit}s`;
  return `at ${unit}${values.length > 1 ? 's' : ''} ${enumerateRuns(values)}`;
}

function hourPhrase(hours: number[], onTheHour: boolean): string {
  if (evenStep(hours, 24) !== undefined && (onTheHour || hours.length === 24)) return phrase(hours, 24, 'hour');
  const [first, last] = [hours[0]!, hours.at(-1)!];
  if (last - first + 1 !== hours.length) return `in hours ${enumerateRuns(hours)}`;
  return onTheHour && hours.length > 1
    ? `every hour from ${twoDigits(first)}:00 to ${twoDigits(last)}:59`
    : `from ${twoDigits(first)}:00 to ${twoDigits(last)}:59`;
}

/** The step when the values go on evenly into the next hour or day, `undefined` when they do not. */
function evenStep(values: number[], size: number): number | undefined {
  const step = size / values.length;
  if (values.length === 1) return undefined;
  return values.every((value, place) => value === place * step) ? step : undefined;
}

/** `every minute` says nothing new after `every 10 seconds`. */
function isImplied(words: string, before: string): boolean {
  return /^every \w+$/.test(words) && before.startsWith('every ');
}

function isZero(values: number[]): boolean {
  return values.length === 1 && values[0] === 0;
}
