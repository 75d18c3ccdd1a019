const isoWithOffset = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;

/** The furthest a Date reaches. */
const furthest = 8.64e15;

/** An instant: a Date, epoch milliseconds, or ISO text with an offset, as `2026-01-31T09:00:00+01:00` or `…Z`. */
export type Instant = Date | number | string;

/** Epoch milliseconds, or `undefined` when `value` is no instant. Text without an offset is none: whose local time it is, nobody knows. */
export function parseInstant(value: unknown): number | undefined {
  const text = typeof value === 'string';
  if (text ? !isOnCalendar(value) : !(typeof value === 'number' || value instanceof Date)) return undefined;
  const at = text ? Date.parse(value) : Number(value);
  return Number.isFinite(at) && Math.abs(at) <= furthest ? at : undefined;
}

/** `Date.parse` takes 30 February for 2 March. */
function isOnCalendar(text: string): boolean {
  const [, year, month, day] = isoWithOffset.exec(text.slice(0, 64)) ?? [];
  return (
    day !== undefined && new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  );
}
