import { limits } from '../../job/limits.js';
import { priorities } from '../../job/state.js';
import {
  arrival,
  arrivalUnder,
  bandAt,
  closedBy,
  forgettableAt,
  gateName,
  lets,
  missingGate,
  opensAt,
  saidOf,
  type Terms,
  termsAt,
  ticketAt,
} from '../gating.js';
import type { JobRecord, QueueSettings, SettingsChange, TaskSettings } from '../store.js';
import { compare, Heap } from './heap.js';
import type { Job } from './job.js';

/** A gate, and who stands in front of it. */
class GateState {
  taken = 0;
  readonly queued = priorities.map(() => 0);
  readonly parked = priorities.map(() => new Heap<Job>((a, b) => compare(a.ticket!, b.ticket!)));
  tat = 0;
  until = 0;
  /** When to look at it again, epoch milliseconds. */
  wake?: number;

  constructor(readonly name: string) {}

  get waits(): number[] {
    return this.parked.map(({ size }) => size);
  }

  get isIdle(): boolean {
    return this.taken === 0 && this.parked.every(({ size }) => size === 0);
  }
}

/** What becomes of the jobs that were let through. */
interface Surroundings {
  settings: () => QueueSettings;
  /** It has passed all its gates: to the tail of its line. */
  lineUp: (job: Job) => void;
  /** It parks, and may begin at this time, epoch milliseconds. */
  parkedUntil: (time: number, now: number) => void;
  changed: (job: Job) => void;
}

/**
 * The gates of a shard, by the rules of decision 0010: each paragraph there is a method here. Of each job they know how many
 * of its gates it has `passed`, innermost first, and its `ticket` while it is parked in front of the next one.
 */
export class Gates {
  private readonly states = new Map<string, GateState>();
  private readonly wakes = new Heap<GateState>((a, b) => a.wake! - b.wake! || compare(a.name, b.name));

  constructor(private readonly around: Surroundings) {}

  /** `job` is ready from now on: what it has passed counts as queued. */
  becomeReady(job: Job): void {
    for (let i = 0; i < job.passed; i++) this.at(job, i).queued[this.band(job, i)]!++;
  }

  /** On to the line, as far as gates are open. */
  climb(job: Job, now: number): void {
    this.completeGates(job);
    while (job.passed < job.gates.length) {
      const gate = this.at(job, job.passed);
      const band = this.band(job, job.passed);
      const terms = this.terms(job, job.passed);
      const crowded = gate.parked[band]!.size > 0;
      const closed = !crowded && closedBy(gate, terms, band, now);
      if (crowded || closed) this.park(job, gate);
      if (closed === 'time') {
        this.wakeBy(gate, opensAt(gate, terms));
        this.around.parkedUntil(opensAt(gate, terms), now);
      }
      if (crowded || closed) return;
      this.pass(job, gate);
    }
    this.around.lineUp(job);
  }

  /** The gate that keeps `job`, at the head of its line, from becoming active: its number, or `undefined`. */
  obstacle(job: Job, now: number): number | undefined {
    this.completeGates(job);
    const number = job.gates.findIndex((_, i) => !this.agrees(job, i, now));
    return number < 0 ? undefined : number;
  }

  /** `job` has left its line: it gives back the gate of that number and those further out, and parks. */
  putBack(job: Job, number: number, now: number): void {
    const gate = this.at(job, number);
    const touched = Math.max(number, job.passed - 1);
    this.giveBack(job, number, true);
    this.park(job, gate);
    this.openDown(job, touched, number, now);
  }

  /** `job` has become active. */
  begin(job: Job, now: number): void {
    job.gates.forEach((_, i) => {
      const gate = this.at(job, i);
      if (i < job.passed) gate.queued[this.band(job, i)]!--;
      else gate.taken++;
      const { rate } = this.terms(job, i);
      if (rate) gate.tat = arrival(gate.tat, rate, now);
    });
    job.passed = job.gates.length;
    this.openDown(job, job.passed - 1, 0, now);
  }

  /** `job` is neither ready nor active any more, and keeps as many gates. `wasReady`: it was before. */
  leave(job: Job, wasReady: boolean, keep: number, now: number): void {
    const touched = job.ticket === undefined ? job.passed - 1 : job.passed;
    if (job.ticket !== undefined) this.unpark(job);
    this.giveBack(job, keep, wasReady);
    this.openDown(job, touched, keep, now);
  }

  /** No attempt of the innermost group or task of `job`, which is active, begins before `time`. */
  pause(job: Job, time: number): void {
    const number = job.gates.findIndex(({ kind }) => kind !== 'order');
    if (number < 0) return;
    const gate = this.at(job, number);
    gate.until = Math.max(gate.until, time);
  }

  /** Opens the gates whose time has come, each once, earliest first, a bounded number at a time. */
  wake(now: number): void {
    const woken: GateState[] = [];
    for (
      let gate = this.wakes.first;
      gate && gate.wake! <= now && woken.length < limits.wake;
      gate = this.wakes.first
    ) {
      woken.push(gate);
      this.setWake(gate, undefined);
    }
    for (const gate of woken) this.open(gate, now);
  }

  /** When the first gate is to be looked at again, epoch milliseconds. */
  get nextWake(): number | undefined {
    return this.wakes.first?.wake;
  }

  /** What was said of `tasks` has changed, and stands in the settings by now. Answers whether there is anything to look at. */
  reconsider(tasks: NonNullable<SettingsChange['tasks']>, now: number): boolean {
    const groups = Object.values(tasks).some((said) => said === null || said.group !== undefined);
    const woken = groups ? [...this.states.values()].filter(mayBeOpenedBySettings) : [];
    for (const task of Object.keys(tasks)) {
      const gate = this.states.get(gateName({ kind: 'task', key: task }));
      if (!gate) continue;
      gate.tat = arrivalUnder(gate.tat, this.said(task)?.rate, now);
      woken.push(gate);
    }
    for (const gate of woken) this.setWake(gate, now);
    return woken.length > 0;
  }

  /** The gate that `job` is parked in front of, and when that opens. */
  parkedAt(job: Job, now: number): JobRecord['parked'] {
    if (job.ticket === undefined) return undefined;
    const state = this.at(job, job.passed);
    const terms = this.terms(job, job.passed);
    const timed = closedBy(state, terms, this.band(job, job.passed), now) === 'time';
    return { ...structuredClone(job.gates[job.passed]!), ...(timed && { until: opensAt(state, terms) }) };
  }

  /** In no particular order. */
  parked(): Job[] {
    return [...this.states.values()].flatMap(({ parked }) => parked.flatMap((heap) => [...heap]));
  }

  /** What is counted, for whoever checks it. */
  figures(): Iterable<Readonly<GateState>> {
    return this.states.values();
  }

  /** Lets through who may pass, until one may not; then sees to it that somebody looks again when that is needed. */
  private open(gate: GateState, now: number): void {
    this.setWake(gate, this.letThrough(gate, now));
    if (!gate.isIdle) {
      if (gate.waits.every((count) => count === 0)) this.setWake(gate, undefined);
    } else if (forgettableAt(gate) <= now) {
      this.setWake(gate, undefined);
      this.states.delete(gate.name);
    } else {
      this.setWake(gate, forgettableAt(gate));
    }
  }

  /** Answers when to go on, where that is a matter of time. */
  private letThrough(gate: GateState, now: number): number | undefined {
    let through = 0;
    for (let band = 0; band < gate.parked.length;) {
      const job = gate.parked[band]!.first;
      const terms = job && this.terms(job, job.passed);
      const closed = terms && closedBy(gate, terms, band, now);
      if (!job || closed === 'turn') {
        band++;
        continue;
      }
      if (closed) return closed === 'time' ? opensAt(gate, terms) : undefined;
      this.unpark(job);
      this.pass(job, gate);
      this.climb(job, now);
      this.around.changed(job);
      if (++through === limits.through) return now;
      band = 0;
    }
    return undefined;
  }

  /** Opens the gates of `job` from number `outermost` to number `innermost`. */
  private openDown(job: Job, outermost: number, innermost: number, now: number): void {
    for (let i = outermost; i >= innermost; i--) this.open(this.at(job, i), now);
  }

  private agrees(job: Job, number: number, now: number): boolean {
    const gate = this.at(job, number);
    if (number >= job.passed && gate.parked[this.band(job, number)]!.size > 0) return false;
    return lets(gate, job.gates[number]!.kind, this.terms(job, number), now);
  }

  private pass(job: Job, gate: GateState): void {
    gate.taken++;
    gate.queued[this.band(job, job.passed)]!++;
    job.passed++;
  }

  /** All gates it has passed, from number `first`. */
  private giveBack(job: Job, first: number, wasReady: boolean): void {
    for (; job.passed > first; job.passed--) {
      const gate = this.at(job, job.passed - 1);
      gate.taken--;
      if (wasReady) gate.queued[this.band(job, job.passed - 1)]!--;
    }
  }

  private park(job: Job, gate: GateState): void {
    job.ticket = ticketAt(job.gates[job.passed]!, job);
    gate.parked[this.band(job, job.passed)]!.add(job);
  }

  private unpark(job: Job): void {
    this.at(job, job.passed).parked[this.band(job, job.passed)]!.delete(job);
    job.ticket = undefined;
  }

  /** Written down with the job, so that it stays when the settings go. */
  private completeGates(job: Job): void {
    const missing = missingGate(job, this.said(job.task));
    if (missing) job.gates.push(missing);
  }

  private terms(job: Job, number: number): Terms {
    return termsAt(job.gates[number]!, this.said(job.task));
  }

  private said(task: string): TaskSettings | undefined {
    return saidOf(this.around.settings(), task);
  }

  private band(job: Job, number: number): number {
    return bandAt(job.gates[number]!, job.priority);
  }

  private at(job: Job, number: number): GateState {
    const name = gateName(job.gates[number]!);
    let gate = this.states.get(name);
    if (!gate) this.states.set(name, (gate = new GateState(name)));
    return gate;
  }

  private wakeBy(gate: GateState, time: number): void {
    this.setWake(gate, Math.min(gate.wake ?? Infinity, time));
  }

  private setWake(gate: GateState, time: number | undefined): void {
    this.wakes.delete(gate);
    gate.wake = time;
    if (time !== undefined) this.wakes.add(gate);
  }
}

/** A group that keeps somebody waiting, or looks again at some time. */
function mayBeOpenedBySettings({ name, waits, wake }: GateState): boolean {
  return name.startsWith('g') && (wake !== undefined || waits.some((count) => count > 0));
}
