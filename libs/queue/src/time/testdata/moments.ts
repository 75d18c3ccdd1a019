import { changesOf } from './clocks.js';

/** Whole hours and halves, at midnight and by night, by decree and in Ramadan, the other way round, and over the date line. */
export const zones = [
  'UTC',
  'Europe/Paris',
  'Europe/Dublin',
  'Europe/Moscow',
  'America/New_York',
  'America/Chicago',
  'America/Sao_Paulo',
  'America/St_Johns',
  'America/Havana',
  'America/Asuncion',
  'America/Santiago',
  'America/Caracas',
  'America/Scoresbysund',
  'Atlantic/Azores',
  'Asia/Beirut',
  'Asia/Tehran',
  'Asia/Kathmandu',
  'Asia/Gaza',
  'Asia/Amman',
  'Asia/Pyongyang',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'Antarctica/Troll',
  'Antarctica/Casey',
  'Pacific/Auckland',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Pacific/Fakaofo',
  'Pacific/Kiritimati',
  'Pacific/Kwajalein',
];

const hour = 3_600_000;
const changes = new Map<string, number[]>();

/** Near a zone change (kinds 0 to 6), an end of a month (7, 8), a February (9), or anywhere (10), moved by `shift` ms. */
export function momentIn(timeZone: string, kind: number, pick: number, shift: number): number {
  const near = (day: number) => day * 24 * hour + shift;
  if (!changes.has(timeZone)) changes.set(timeZone, changesOf(timeZone));
  const days = changes.get(timeZone)!;
  if (kind < 7 && days.length > 0) return near(days[pick % days.length]!);
  if (kind < 9) return Date.UTC(1996 + (pick % 40), pick % 12, 1) + shift;
  if (kind < 10) return Date.UTC([2000, 2024, 2027, 2028, 2096, 2100][pick % 6]!, 2, 1) + shift;
  return near(3000 + (pick % 40_000));
}
