const titles: Readonly<Record<string, string>> = {
  ours: 'Millrace',
  bullmq: 'BullMQ',
  '@nestjs/bullmq': 'BullMQ',
  floor: 'bare scripts',
};

/** The library of a contestant. */
export function titleOf(contestant: string): string {
  return titles[contestant] ?? contestant;
}

/** The same, and whether a Nest module was around it. */
export function fullTitleOf(contestant: string): string {
  return contestant.startsWith('@nestjs/') ? `${titleOf(contestant)} in Nest` : titleOf(contestant);
}

/** Three digits, as no more of them come again: `312,000`, `5.31`. A dash for what was not measured. */
export function shown(value: number | null): string {
  if (!isMeasured(value)) return '–';
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** `9.1×`, `24×`, `0.83×`. */
export function times(ratio: number | null): string {
  if (!isMeasured(ratio)) return '–';
  return `${ratio.toFixed(ratio >= 10 ? 0 : ratio >= 1 ? 1 : 2)}×`;
}

/** A file holds `null` where a number was none. */
function isMeasured(value: number | null): value is number {
  return value !== null && Number.isFinite(value);
}
