import { arrival, opensAt, tokens } from '../gating.js';
import type { Lane } from './lane.js';
import type { Transaction } from './transaction.js';

/** What the settings of a queue let begin in one of its lanes, whatever its gates say. */

/** So many jobs may begin now. */
export function room({ now }: Transaction, { settings: { maxActive, rate }, counts, tat }: Lane): number {
  const places = maxActive === null ? Infinity : maxActive - counts.active;
  return Math.max(0, Math.min(places, rate ? tokens(tat, rate, now) : Infinity));
}

/** When the rate allows the next one, if nothing else keeps it; epoch milliseconds. */
export function nextToken({ now }: Transaction, { settings, counts, tat }: Lane): number | undefined {
  const { paused, maxActive, rate } = settings;
  if (!rate || paused || counts.active >= (maxActive ?? Infinity)) return undefined;
  const time = opensAt({ until: 0, tat }, { rate });
  return time > now ? time : undefined;
}

/** So many have begun. */
export function spend({ now }: Transaction, lane: Lane, begun: number): void {
  const { rate } = lane.settings;
  if (rate && begun > 0) lane.tat = arrival(lane.tat, rate, now, begun);
}
