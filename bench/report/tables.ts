import type { Figure, Result } from '../scenario.js';
import { fullTitleOf, shown, times, titleOf } from './words.js';

interface Row {
  scenario: string;
  figure: Figure;
}

/** The first figure of each scenario. */
export function headlines(results: readonly Result[]): string {
  return table(results.map((result) => ({ scenario: `\`${result.scenario}\``, figure: result })));
}

/** All figures but the first of each scenario; nothing when there are none. */
export function details(results: readonly Result[]): string {
  const rows = results.flatMap((result) => rowsOf(result).slice(1));
  return rows.length > 0 ? table(rows) : '';
}

export function allFigures(results: readonly Result[]): string {
  return table(results.flatMap(rowsOf));
}

export function rowsOf(result: Result): [Row, ...Row[]] {
  const scenario = nameOf(result);
  return [{ scenario, figure: result }, ...(result.more ?? []).map((figure) => ({ scenario, figure }))];
}

/** `add`, or with its store when that is not the one of most scenarios. */
function nameOf({ scenario, store }: Result): string {
  return store === 'redis' ? `\`${scenario}\`` : `\`${scenario}\` on ${storeTitles[store]}`;
}

export const storeTitles = { redis: 'Redis', sqlite: 'SQLite', memory: 'memory' };

/** A peer has its columns when it took part in any row. */
function table(rows: readonly Row[]): string {
  const peers = [...new Set(rows.flatMap(({ figure }) => Object.keys(figure.peers).map(titleOf)))];
  const targets = rows.some(({ figure }) => figure.target);
  const words = ['scenario', 'figure'];
  const numbers = [titleOf('ours'), ...peers.flatMap((peer) => [peer, 'better'])];
  const judgement = targets ? ['target'] : [];
  const lines = rows.map(({ scenario, figure }) => [
    scenario,
    `${figure.metric}, ${figure.unit}`,
    ranged(figure, 'ours', figure.ours),
    ...peers.flatMap((peer) => beside(figure, peer)),
    ...(targets ? [judged(figure)] : []),
  ]);
  const rule = [...words.map(() => '---'), ...numbers.map(() => '---:'), ...judgement.map(() => '---')];
  return [[...words, ...numbers, ...judgement], rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A library that took part with and without Nest has both figures in its cells. */
function beside(figure: Figure, title: string): [values: string, ratios: string] {
  const peers = Object.keys(figure.peers).filter((peer) => titleOf(peer) === title);
  const which = (peer: string) => (peers.length > 1 ? `${fullTitleOf(peer)} ` : '');
  const values = peers.map((peer) => which(peer) + ranged(figure, peer, figure.peers[peer]!));
  const ratios = peers.map((peer) => times(figure.ratio[peer]!));
  return [values.join(', '), ratios.join(', ')];
}

/** `312,000 (298,000–330,000)`: the median, and the least and most of all rounds. */
function ranged({ spread }: Figure, contestant: string, value: number): string {
  const [least, most] = (spread[contestant] ?? [value, value]).map(shown);
  return least === most ? shown(value) : `${shown(value)} (${least}–${most})`;
}

function judged({ target }: Figure): string {
  if (!target) return '';
  return `${target.text}: ${target.met ? 'met' : '**not met**'}`;
}
