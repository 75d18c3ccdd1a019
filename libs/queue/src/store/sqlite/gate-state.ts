import { priorities } from '../../job/state.js';
import type { GateFigures } from '../gating.js';
import type { Gate } from '../store.js';

/** What is known of a gate. */
export interface GateState extends GateFigures {
  readonly name: string;
  taken: number;
  readonly queued: number[];
  readonly waits: number[];
  tat: number;
  until: number;
  /** When to look at it again, epoch milliseconds. */
  wake?: number;
  /** What all who wait here ask of the gate, see `askOf`; `mixed` when it is not the same, or was not. */
  asks: string;
  /** It has a row. */
  readonly stored: boolean;
}

export const mixed = '';

/** What a job of this task says itself about the gate: all that its terms there depend on, but for the settings. */
export function askOf(task: string, { kind, max, rate, turn }: Gate): string {
  return `${kind} ${max ?? ''} ${turn ?? ''} ${rate?.interval ?? ''} ${rate?.slack ?? ''} ${task}`;
}

/** Of what `askOf` wrote. */
export function askedBy(ask: string): { task: string; gate: Gate } {
  const [kind, max, turn, interval, slack, ...task] = ask.split(' ');
  const number = (text?: string) => (text ? Number(text) : undefined);
  const rate = interval ? { interval: Number(interval), slack: Number(slack), text: '' } : undefined;
  const gate = { kind: kind as Gate['kind'], key: '', max: number(max), turn: number(turn), rate };
  return { task: task.join(' '), gate };
}

export function newState(name: string): GateState {
  const none = () => priorities.map(() => 0);
  return { name, taken: 0, queued: none(), waits: none(), tat: 0, until: 0, asks: mixed, stored: false };
}

/** Of what `textOf` wrote. */
export function stateOf(values: unknown[]): GateState {
  const [name, wake, taken, q0, q1, q2, q3, w0, w1, w2, w3, tat, until, asks] = values as [
    ...[string, number | null, number, number, number, number, number, number, number, number, number, number, number],
    string,
  ];
  const [queued, waits] = [
    [q0, q1, q2, q3],
    [w0, w1, w2, w3],
  ];
  return { name, taken, queued, waits, tat, until, wake: wake ?? undefined, asks, stored: true };
}

/** JSON without anything that SQLite would have to be told about. */
export function textOf({ name, wake, taken, queued, waits, tat, until, asks }: GateState): string {
  return JSON.stringify([name, wake ?? null, taken, ...queued, ...waits, tat, until, asks]);
}
