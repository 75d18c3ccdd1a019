import { fullTitleOf, shown, times } from '../report/words.js';
import type { Figure, Result } from '../scenario.js';

/** A result for people: a line per metric, the peers beside us. */
export function tableOf(result: Result): string {
  const figures = [result, ...(result.more ?? [])];
  const rows = figures.map(rowOf);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd());
  return [headingOf(result), ...lines, ...(result.without ?? []).map((sentence) => `  ${sentence}`)].join('\n');
}

function headingOf({ scenario, store, jobs, rounds }: Result): string {
  const size = jobs ? `${shown(jobs)} jobs, ` : '';
  return `${scenario} on ${store} (${size}median of ${rounds})`;
}

function rowOf({ metric, unit, ours, peers, ratio, spread, target }: Figure): string[] {
  const range = (name: string) => spread[name]!.map(shown).join('…');
  const beside = Object.entries(peers).map(
    ([peer, value]) => `${fullTitleOf(peer)} ${shown(value)} [${range(peer)}] (${times(ratio[peer]!)})`,
  );
  const judged = target ? [`${target.text}: ${target.met ? 'met' : 'NOT MET'}`] : [];
  return [metric, `${shown(ours)} ${unit}`, `[${range('ours')}]`, ...beside, ...judged];
}
