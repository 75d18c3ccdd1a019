import type { Gate } from '../store.js';

/** How gates travel to the scripts and back: the format is told in `lua/gates.lua`. */

const kinds: Record<string, Gate['kind']> = { o: 'order', g: 'group', t: 'task' };

/** Any text without blanks. One half of a surrogate pair has no code: it becomes what UTF-8 has for it. */
export function wordOf(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

export function nameOfGate({ kind, key }: Pick<Gate, 'kind' | 'key'>): string {
  return kind[0] + wordOf(key);
}

/** A gate as its jobs hold it. */
export function gateText(gate: Gate): string {
  const { max, rate, turn, holdFailed } = gate;
  const flag = holdFailed === undefined ? '' : Number(holdFailed);
  const ofRate = [rate?.interval ?? '', rate?.slack ?? ''];
  return [nameOfGate(gate), max ?? '', ...ofRate, turn ?? '', flag, rate ? wordOf(rate.text) : ''].join(':');
}

export function gatesOf(text: string): Gate[] {
  return text.split(' ').map((one) => {
    const [name, max, interval, slack, turn, hold, forPeople] = one.split(':') as [string, ...string[]];
    const gate: Gate = { kind: kinds[name[0]!]!, key: decodeURIComponent(name.slice(1)) };
    if (max) gate.max = Number(max);
    if (interval)
      gate.rate = { interval: Number(interval), slack: Number(slack), text: decodeURIComponent(forPeople!) };
    if (turn) gate.turn = Number(turn);
    if (hold) gate.holdFailed = hold === '1';
    return gate;
  });
}
