import { fullTitleOf } from '../report/words.js';
import type { Target } from '../scenario.js';

/** At least so many times better than a peer. */
export function atLeast(factor: number, peer: string): Target {
  const text = factor === 1 ? `no worse than ${fullTitleOf(peer)}` : `≥ ${factor}× ${fullTitleOf(peer)}`;
  return { text, met: ({ ratio }) => (ratio[peer] === undefined ? undefined : ratio[peer] >= factor) };
}

/** Our own figure is at most so much. */
export function atMost(most: number, unit: string): Target {
  return { text: `≤ ${most} ${unit}`, met: ({ ours }) => ours <= most };
}

/** Our own figure is at least so much. */
export function noLess(least: number, unit: string): Target {
  return { text: `≥ ${least} ${unit}`, met: ({ ours }) => ours >= least };
}
