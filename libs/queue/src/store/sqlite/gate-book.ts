import { limits } from '../../job/limits.js';
import { priorities } from '../../job/state.js';
import { arrival, bandAt, closedBy, type GateFigures, saidOf, sum, type Terms, termsAt, ticketAt } from '../gating.js';
import type { Gate } from '../store.js';
import type { Value } from './database.js';
import type { Lane } from './lane.js';
import { type Climber, type Gated, type Gating, waitingJobOf } from './row.js';
import { escapeText } from './text.js';
import type { Transaction } from './transaction.js';

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

const mixed = '';

/** Rows of one statement. */
const size = 10;

/** Parked jobs that are read at once, where nobody said how many will be needed: the first time, and how many times more the next. */
const chunk = 8;
const growth = 3;

/** The first of those parked in front of a gate, in one band. */
interface Head {
  jobs: Climber[];
  /** These are all. */
  whole: boolean;
  /** How many to read next. */
  next: number;
}

/**
 * The gates of one lane while a transaction is open: what is known of a gate is read once, changed in memory and written back once,
 * and so are the places of the jobs that gates move. Gone with the transaction, like the lane.
 */
export class GateBook {
  private readonly states = new Map<string, GateState>();
  private readonly changed = new Set<GateState>();
  private readonly heads = new Map<string, Head>();
  private readonly moved = new Map<number, Gated>();
  /** Let in one behind the other: their numbers, and the position of the first. */
  private letIn = { pos: 0, jobs: [] as (number | null)[] };
  /** By place, who was let in one behind the other, up to the position `end`, and has not begun. */
  private arrived = { end: 0, jobs: new Map<number, Climber[]>() };
  /** Of those, who has begun: members of a JSON object, from their numbers to their fences. */
  private begun = { worker: '', jobs: [] as string[] };
  /** What became of completed jobs, by how long they are kept: members of a JSON object, from their numbers to their results. */
  private readonly completed = new Map<number, string[]>();
  private readonly terms = new Map<string, Terms>();

  constructor(
    private readonly tx: Transaction,
    private readonly lane: Lane,
  ) {}

  /** Reads what is known of the gates of all these jobs, in one go. */
  expect(jobs: Iterable<Pick<Gated, 'gating'>>): void {
    const names = new Set<string>();
    for (const { gating } of jobs) for (const name of gating?.names ?? []) names.add(name);
    this.read([...names].filter((name) => !this.states.has(name)));
  }

  /** The same, and whoever will be let through when these jobs begin, or leave. A guess: what it misses is read when it is asked for. */
  foresee(jobs: { gating?: Gating; priority?: number }[], what: 'begin' | 'leave'): void {
    this.expect(jobs);
    const parts = new Set<string>();
    for (const { gating, priority = 0 } of jobs) {
      for (const [i, gate] of gating?.gates.entries() ?? []) {
        const part = this.nextPart(this.look(gating!.names[i]!), bandAt(gate, priority), what);
        if (part !== undefined && !this.heads.has(part)) parts.add(part);
      }
    }
    if (parts.size > 0) this.readHeads([...parts]);
  }

  /** For reading; call `touch` to change it. */
  look(name: string): GateState {
    const known = this.states.get(name);
    if (known) return known;
    this.read([name]);
    return this.states.get(name)!;
  }

  /** It will be changed. */
  touch(name: string): GateState {
    const state = this.look(name);
    this.changed.add(state);
    return state;
  }

  touchAll(names: string[]): GateState[] {
    this.read(names.filter((name) => !this.states.has(name)));
    return names.map((name) => this.touch(name));
  }

  /** What holds at the gate of the first who waits there in this band; `undefined` when nobody does. */
  termsOfFirst(state: GateState, band: number): Terms | undefined {
    if (state.waits[band] === 0) return undefined;
    if (state.asks !== mixed) return this.termsOf(state.asks);
    const gating = this.first(state, band)?.gating;
    return gating && termsAt(gating.gates[gating.passed]!, saidOf(this.lane.settings, gating.task));
  }

  /** The first who waits in front of a gate in this band. */
  first(state: GateState, band: number): Climber | undefined {
    const part = partOf(state.name, band);
    const known = this.heads.get(part);
    if (!known || (known.jobs.length === 0 && !known.whole)) this.readHead(part, known?.next);
    return this.heads.get(part)!.jobs[0];
  }

  /** Somebody may have changed a parked job, or one that was let in. */
  forgetHeads(): void {
    this.heads.clear();
    this.arrived.jobs.clear();
  }

  /** `job`, which has passed all gates but this and those further out, stands in front of it from now on. */
  park(state: GateState, gating: Gating, job: Omit<Gated, 'n'>): void {
    const gate = gating.gates[gating.passed]!;
    const band = bandAt(gate, job.priority);
    const ask = askOf(gating.task, gate);
    if (sum(state.waits) === 0) state.asks = ask;
    else if (state.asks !== ask) state.asks = mixed;
    state.waits[band]!++;
    const { id, priority, dueAt } = job;
    gating.ticket = `${state.name} ${ticketAt(gate, { id, priority, dueAt, enqueuedAt: gating.enqueuedAt })}`;
    this.changed.add(state);
    this.forgetHead(partOf(state.name, band), gating.ticket);
  }

  /** It does so no longer. */
  unpark(state: GateState, gating: Gating, job: Gated): void {
    const band = bandAt(gating.gates[gating.passed]!, job.priority);
    const head = this.heads.get(partOf(state.name, band));
    if (head) head.jobs = head.jobs.filter(({ n }) => n !== job.n);
    state.waits[band]!--;
    gating.ticket = undefined;
    this.changed.add(state);
  }

  /** Its place, ticket or number of passed gates has changed, and will be written with those of others. */
  move(job: Gated): void {
    this.moved.set(job.n, job);
  }

  /** The same of a job that was parked, has passed one gate more and stands in line now. */
  moveIn({ n, pos }: Gated): void {
    const { letIn } = this;
    if (pos !== letIn.pos + letIn.jobs.length) {
      this.writeMoves();
      letIn.pos = pos!;
    }
    letIn.jobs.push(n);
  }

  /** A job was let in, and stands at the tail of its line. */
  arrive(job: Climber): void {
    const { arrived } = this;
    if (job.pos !== arrived.end) arrived.jobs.clear();
    arrived.end = job.pos! + 1;
    const line = arrived.jobs.get(job.place!);
    if (line) line.push(job);
    else arrived.jobs.set(job.place!, [job]);
  }

  /** At the tail of this line, those that this transaction let in: they may begin before their rows say so. None when others came after. */
  arrivedAt(place: number): Climber[] {
    return (this.arrived.end === this.lane.tail && this.arrived.jobs.get(place)) || [];
  }

  /** A job that was let in, at this position, has begun. */
  begin({ n }: Gated, pos: number, worker: string, fence: number): void {
    const { letIn, begun } = this;
    if (letIn.jobs[pos - letIn.pos] === n) letIn.jobs[pos - letIn.pos] = null;
    this.moved.delete(n);
    begun.worker = worker;
    begun.jobs.push(`"${n}":${fence}`);
  }

  /** It has completed, as the row of this number will say before anybody reads it. */
  complete(n: number, keep: number, result?: string): void {
    const ending = `"${n}":${result === undefined ? null : JSON.stringify(escapeText(result))}`;
    const alike = this.completed.get(keep);
    if (alike) alike.push(ending);
    else this.completed.set(keep, [ending]);
  }

  /** Comes before whatever reads jobs. */
  writeMoves(): void {
    const { now, db } = this.tx;
    for (const [keep, endings] of this.completed) db.run('gate.complete', now, now + keep, `{${endings.join()}}`);
    this.completed.clear();
    this.writeLetIn();
    this.writeMoved();
    const { worker, jobs } = this.begun;
    if (jobs.length > 0) db.run('gate.begin', worker, now, `{${jobs.splice(0).join()}}`);
  }

  private writeLetIn(): void {
    const { pos, jobs } = this.letIn;
    if (jobs.some((n) => n !== null)) this.tx.db.run('gate.let_in', pos, JSON.stringify(jobs));
    jobs.length = 0;
  }

  private writeMoved(): void {
    if (this.moved.size === 0) return;
    const rows = [...this.moved.values()].map(({ n, place, pos, gating }) => [
      n,
      place,
      pos,
      gating!.passed,
      gating!.ticket,
    ]);
    this.moved.clear();
    this.tx.db.run('gate.move', JSON.stringify(rows));
  }

  /** Writes back what changed. The lane is written after it. */
  save(): void {
    const kept: GateState[] = [];
    const forgotten: string[] = [];
    for (const state of this.changed) {
      if (state.taken > 0 || state.wake !== undefined || sum(state.waits) > 0) kept.push(state);
      else if (state.stored) forgotten.push(state.name);
    }
    this.saveSleeping(kept.filter(({ wake }) => wake === undefined));
    this.saveWaking(kept.filter(({ wake }) => wake !== undefined));
    if (forgotten.length > 0) this.tx.db.run('gate.forget', this.lane.n, JSON.stringify(forgotten));
    this.lane.gates += kept.filter(({ stored }) => !stored).length - forgotten.length;
    for (const { wake } of kept) {
      if (wake !== undefined) this.lane.wake = Math.min(this.lane.wake ?? Infinity, wake);
    }
    this.states.clear();
    this.changed.clear();
    this.heads.clear();
  }

  private saveSleeping(states: GateState[]): void {
    const members = states.map((state) => `"${state.name}":${JSON.stringify(textOf(state))}`);
    if (members.length > 0) this.tx.db.run('gate.save_sleeping', this.lane.n, `{${members.join()}}`);
  }

  private saveWaking(states: GateState[]): void {
    for (let i = 0; i < states.length;) {
      const rows = states.length - i >= size ? size : 1;
      const values: Value[] = [this.lane.n];
      for (const state of states.slice(i, i + rows)) values.push(state.name, state.wake, textOf(state));
      this.tx.db.run(rows === size ? 'gate.save_ten' : 'gate.save', ...values);
      i += rows;
    }
  }

  /** In which band a gate lets somebody through after a job of `band` has begun, or left. */
  private nextPart(state: GateState, band: number, what: 'begin' | 'leave'): string | undefined {
    const begins = what === 'begin';
    const { waits, until } = state;
    const taken = state.taken - (begins ? 0 : 1);
    for (let first = 0; first < waits.length; first++) {
      if (waits[first] === 0) continue;
      const queued = state.queued.slice();
      if (begins) queued[band]!--;
      const terms = state.asks === mixed ? undefined : this.termsOf(state.asks);
      const tat = begins && terms?.rate ? arrival(state.tat, terms.rate, this.tx.now) : state.tat;
      const closed = terms && closedBy({ taken, queued, waits, tat, until }, terms, first, this.tx.now);
      if (closed !== 'turn') return closed ? undefined : partOf(state.name, first);
    }
    return undefined;
  }

  /** Groups that differ in nothing but their key ask the same. */
  private termsOf(asks: string): Terms {
    const known = this.terms.get(asks);
    if (known) return known;
    const { task, gate } = askedBy(asks);
    const terms = termsAt(gate, saidOf(this.lane.settings, task));
    this.terms.set(asks, terms);
    return terms;
  }

  private read(names: string[]): void {
    if (names.length === 0) return;
    if (this.lane.gates > 0) {
      const texts = this.tx.db.row('gate.load', this.lane.n, JSON.stringify(names))![0];
      for (const text of texts === null ? [] : (JSON.parse(`[${texts}]`) as unknown[][])) {
        const state = stateOf(text);
        this.states.set(state.name, state);
      }
    }
    for (const name of names) if (!this.states.has(name)) this.states.set(name, newState(name));
  }

  /** The first of each. */
  private readHeads(parts: string[]): void {
    this.tx.sweep();
    for (const part of parts) this.heads.set(part, { jobs: [], whole: true, next: chunk });
    for (const job of this.tx.db.gathered('gate.heads', this.lane.n, JSON.stringify(parts)).map(waitingJobOf)) {
      const { ticket = '' } = job.gating!;
      this.heads.set(ticket.slice(0, ticket.indexOf(' ') + 2), { jobs: [job], whole: false, next: chunk });
    }
  }

  private readHead(part: string, most = chunk): void {
    this.tx.sweep();
    const jobs = this.tx.db.rows('gate.head', this.lane.n, part, `${part}:`, most).map(waitingJobOf);
    this.heads.set(part, { jobs, whole: jobs.length < most, next: Math.min(most * growth, limits.through) });
  }

  /** Whoever takes this ticket may stand among the first. */
  private forgetHead(part: string, ticket: string): void {
    const head = this.heads.get(part);
    if (!head) return;
    const last = head.jobs.at(-1)?.gating?.ticket;
    if (head.whole || last === undefined || ticket < last) this.heads.delete(part);
  }
}

/** What those parked in front of a gate in one band begin their ticket with. */
function partOf(name: string, band: number): string {
  return `${name} ${band}`;
}

/** What a job of this task says itself about the gate: all that its terms there depend on, but for the settings. */
function askOf(task: string, { kind, max, rate, turn }: Gate): string {
  return `${kind} ${max ?? ''} ${turn ?? ''} ${rate?.interval ?? ''} ${rate?.slack ?? ''} ${task}`;
}

/** Of what `askOf` wrote. */
function askedBy(ask: string): { task: string; gate: Gate } {
  const [kind, max, turn, interval, slack, ...task] = ask.split(' ');
  const number = (text?: string) => (text ? Number(text) : undefined);
  const rate = interval ? { interval: Number(interval), slack: Number(slack), text: '' } : undefined;
  const gate = { kind: kind as Gate['kind'], key: '', max: number(max), turn: number(turn), rate };
  return { task: task.join(' '), gate };
}

function newState(name: string): GateState {
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
function textOf({ name, wake, taken, queued, waits, tat, until, asks }: GateState): string {
  return JSON.stringify([name, wake ?? null, taken, ...queued, ...waits, tat, until, asks]);
}
