import type { Gate, NewJob, QueueSettings, Rate, TaskSettings } from './store.js';

/** What holds of a job at one of its gates. Absent bounds are `Infinity`. */
export interface Terms {
  paused: boolean;
  max: number;
  rate?: Rate;
  turn: number;
}

/** What every store counts of a gate. */
export interface GateFigures {
  /** Jobs that passed it and keep it. */
  taken: number;
  /** By band, those of them that are ready. An `order` gate knows the first band only, here and in `waits`. */
  queued: readonly number[];
  /** By band, jobs that are parked in front of it. */
  waits: readonly number[];
  /** Theoretical arrival time of its rate, epoch microseconds. */
  tat: number;
  /** End of its pause, epoch milliseconds. */
  until: number;
}

export type Closed = 'paused' | 'max' | 'time' | 'turn';

/** Printable and without blanks, so that names sort alike everywhere, and none of another kind or key begins with it and a blank. */
export function gateName({ kind, key }: Pick<Gate, 'kind' | 'key'>): string {
  return `${kind[0]}${encodeURIComponent(key)}`;
}

/** Which line in front of a gate a job of this priority stands in. */
export function bandAt({ kind }: Pick<Gate, 'kind'>, priority: number): number {
  return kind === 'order' ? 0 : priority;
}

/** By these the parked of a gate stand in order. Whoever is put back has the ticket it had. */
export function ticketAt(
  gate: Pick<Gate, 'kind'>,
  { id, priority, enqueuedAt, dueAt = 0 }: { id: string; priority: number; enqueuedAt: number; dueAt?: number },
): string {
  return `${bandAt(gate, priority)}${String(Math.max(enqueuedAt, dueAt)).padStart(13, '0')} ${id}`;
}

/** What the settings of a queue say of a task. */
export function saidOf({ tasks }: Pick<QueueSettings, 'tasks'>, task: string): TaskSettings | undefined {
  return Object.hasOwn(tasks, task) ? tasks[task] : undefined;
}

/** The gate that a job must be given because the settings name its task, if it has none of the kind. */
export function missingGate(
  { task, gates = [] }: Pick<NewJob, 'task' | 'gates'>,
  said: TaskSettings | undefined,
): Gate | undefined {
  const binds = said?.paused !== undefined || typeof said?.max === 'number' || said?.rate;
  return binds && !gates.some(({ kind }) => kind === 'task') ? { kind: 'task', key: task } : undefined;
}

/** What the settings say of a task comes before what the gate in the job says; `null` is no bound. */
export function termsAt(gate: Gate, said: TaskSettings | undefined): Terms {
  const above = gate.kind === 'task' ? said : gate.kind === 'group' ? said?.group : undefined;
  const max = gate.kind === 'order' ? 1 : above?.max === undefined ? gate.max : above.max;
  const rate = (above?.rate === undefined ? gate.rate : above.rate) ?? undefined;
  return {
    paused: gate.kind === 'task' && said?.paused === true,
    max: max ?? Infinity,
    rate,
    turn: gate.turn ?? (rate ? 1 : Infinity),
  };
}

/** The first thing that closes a gate to a job of `band`; `undefined` when it is open. */
export function closedBy(gate: GateFigures, terms: Terms, band: number, now: number): Closed | undefined {
  if (terms.paused) return 'paused';
  if (gate.taken >= terms.max) return 'max';
  if (opensAt(gate, terms) > now) return 'time';
  return gate.queued[band]! >= terms.turn ? 'turn' : undefined;
}

/** When no time closes the gate any more, epoch milliseconds. */
export function opensAt({ until, tat }: Pick<GateFigures, 'until' | 'tat'>, { rate }: Pick<Terms, 'rate'>): number {
  return rate ? Math.max(until, Math.ceil((tat - rate.slack) / 1000)) : until;
}

/** Whether a job at the head of its line may become active; one that has not passed the gate, if nobody of its band waits there. */
export function lets(gate: GateFigures, kind: Gate['kind'], terms: Terms, now: number): boolean {
  if (terms.paused || opensAt(gate, terms) > now) return false;
  return kind === 'order' || gate.taken - sum(gate.queued) < terms.max;
}

/** Attempts that may begin now by `rate` alone. */
export function tokens(tat: number, rate: Rate, now: number): number {
  const ahead = Math.max(tat, now * 1000) - now * 1000;
  return Math.max(0, Math.floor((rate.slack - ahead) / rate.interval) + 1);
}

/** The theoretical arrival time after `begun` attempts more. */
export function arrival(tat: number, rate: Rate, now: number, begun = 1): number {
  return Math.max(tat, now * 1000) + begun * rate.interval;
}

/** What of `tat` is left under a new rate: a rate that was slow before does not keep its jobs waiting. */
export function arrivalUnder(tat: number, rate: Rate | null | undefined, now: number): number {
  return rate ? Math.min(tat, now * 1000 + rate.slack + rate.interval) : tat;
}

/** When a gate that nobody needs may be forgotten, epoch milliseconds. */
export function forgettableAt({ until, tat }: Pick<GateFigures, 'until' | 'tat'>): number {
  return Math.max(until, Math.ceil(tat / 1000));
}

export function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
