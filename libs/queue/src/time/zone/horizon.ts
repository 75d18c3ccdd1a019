const yearsSearched = 50;

/** Slots are looked for from the year 1000 … */
export const earliest = Date.UTC(1000, 0, 1);
/** … to the year 9999; both epoch milliseconds. */
export const latest = Date.UTC(9999, 11, 31);

/** What has no slot before this local time never fires. */
export function horizonOf(local: number): number {
  const date = new Date(local);
  return date.setUTCFullYear(date.getUTCFullYear() + yearsSearched);
}
