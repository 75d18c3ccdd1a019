import { limits } from '../../job/limits.js';
import { arrival, bandAt, closedBy, saidOf, sum, type Terms, termsAt, ticketAt } from '../gating.js';
import type { Value } from './database.js';
import { GateMoves } from './gate-moves.js';
import { askedBy, askOf, type GateState, mixed, newState, stateOf, textOf } from './gate-state.js';
import type { Lane } from './lane.js';
import { type Climber, type Gated, type Gating, waitingJobOf } from './row.js';
import type { Transaction } from './transaction.js';

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
 * The gates of one lane while a transaction is open: what is known of a gate is read once, changed in memory and written back once.
 * Gone with the transaction, like the lane.
 */
export class GateBook {
  private readonly states = new Map<string, GateState>();
  private readonly changed = new Set<GateState>();
  private readonly heads = new Map<string, Head>();
  private readonly terms = new Map<string, Terms>();

  /** Of the jobs of these gates. */
  readonly moves: GateMoves;

  constructor(
    private readonly tx: Transaction,
    private readonly lane: Lane,
  ) {
    this.moves = new GateMoves(tx, lane);
  }

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
    this.moves.forgetArrived();
  }

  /** `job`, which has passed all gates but this and those further out, stands in front of it from now on. */
  park(state: GateState, gating: Gating, job: Omit<Gated, 'n'>): void {
    const gate = gating.gates[gating.passed]!;
    const band = bandAt(gate, job.priority);
    const ask = askOf(gating.task, gate);
    if (state.asks !== ask) state.asks = sum(state.waits) === 0 ? ask : mixed;
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
    if (head?.jobs[0]?.n === job.n) head.jobs.shift();
    else if (head) head.jobs = head.jobs.filter(({ n }) => n !== job.n);
    state.waits[band]!--;
    gating.ticket = undefined;
    this.changed.add(state);
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
