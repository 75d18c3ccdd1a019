import { MillraceError } from '../job/errors.js';
import { cron, describeTrigger, preview, type Trigger } from '../schedule/trigger/index.js';
import { systemClock } from '../time/clock.js';
import { parseInstant } from '../time/instant.js';
import { exit, type ExitCode, UsageError } from './exit.js';
import { local, oddity, utc } from './moment.js';
import { table } from './table.js';
import { json, type Terminal } from './terminal.js';

export interface NextOptions {
  /** IANA name. */
  timeZone: string;
  /** How many slots. */
  number: number;
  /** ISO text with an offset; default now. */
  from?: string;
  json?: boolean;
}

/** What a cron expression means, in words and as its next slots. Needs no store. */
export function schedulesNext(expression: string, options: NextOptions, terminal: Terminal): ExitCode {
  const { timeZone } = options;
  const { words, slots } = read(expression, options);
  if (slots.length === 0) throw new UsageError(`'${expression}' never fires: it has no slot within 50 years.`);
  const shown = slots.map((slot) => ({ slot, local: local(slot, timeZone), note: oddity(slot, timeZone) }));
  if (options.json) terminal.out(json({ words, timeZone, slots: shown }));
  else for (const line of lines(words, shown, timeZone)) terminal.out(line);
  return exit.done;
}

function read(expression: string, { timeZone, number, from }: NextOptions): { words: string; slots: number[] } {
  const since = from === undefined ? systemClock.now() : parseInstant(from);
  if (since === undefined) throw new UsageError("--from must be ISO text with an offset, as '2027-03-27T12:00Z'.");
  try {
    const trigger: Trigger = cron(expression, { timeZone });
    return { words: describeTrigger(trigger), slots: preview(trigger, number, { from: since }) };
  } catch (error) {
    if (MillraceError.is(error, 'SCHEDULE_INVALID')) throw new UsageError((error as Error).message);
    throw error;
  }
}

function lines(
  words: string,
  shown: readonly { slot: number; local: string; note: string | null }[],
  timeZone: string,
): string[] {
  const rows = shown.map(({ slot, local, note }) => [local, utc(slot), note ?? '']);
  const inUtc = timeZone.toUpperCase() === 'UTC';
  return [words, ...(inUtc ? rows.map(([, slot]) => slot!) : table([timeZone, 'UTC', ''], rows))];
}
