import { limits } from '../../job/limits.js';
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
  sum,
  termsAt,
} from '../gating.js';
import { unset } from '../settings.js';
import type { JobRecord, SettingsChange } from '../store.js';
import type { GateBook } from './gate-book.js';
import type { GateState } from './gate-state.js';
import type { Lane } from './lane.js';
import { type Climber, type Gated, type Gating, newGating, suspects, trails } from './row.js';
import { tally, type Transaction } from './transaction.js';

/**
 * The gates of a lane, by the rules of decision 0010: each paragraph there is a function here. A job without gates has nothing of
 * this and, unless settings bind its task, asks for nothing.
 */

/** Its place among ready jobs, which is at the tail but for those that come back. */
export function lineUp(tx: Transaction, lane: Lane, job: Climber, where: 'front' | 'tail'): void {
  job.place = isSuspect(job) ? suspects : job.priority;
  job.pos = where === 'front' ? lane.head-- : lane.tail++;
  tx.hintLane('ready', lane);
}

/** Two lost workers of three: the next crash would be the last, so it runs alone. */
function isSuspect({ crashes, crashLimit }: Climber): boolean {
  return crashes > 0 && crashes >= crashLimit - 1;
}

/** `job`, which is in no place, is ready from now on: in line, or parked. One that comes back from being active has passed its gates still. */
export function becomeReady(
  tx: Transaction,
  lane: Lane,
  job: Climber,
  { wasActive, where }: { wasActive: boolean; where: 'front' | 'tail' },
): void {
  if (!wasActive) completeGates(tx, lane, job);
  const { gating } = job;
  if (gating) {
    const book = tx.gates(lane);
    for (let i = 0; i < gating.passed; i++)
      book.touch(gating.names[i]!).queued[bandAt(gating.gates[i]!, job.priority)]!++;
    if (!wasActive) book.moves.move(job);
    if (!wasActive && !climb(tx, lane, gating, job)) return;
  }
  lineUp(tx, lane, job, where);
}

/** On to the line, as far as gates are open. Answers whether it may join; else it is parked. */
export function climb(tx: Transaction, lane: Lane, gating: Gating, job: Omit<Gated, 'n'>): boolean {
  const book = tx.gates(lane);
  for (; gating.passed < gating.gates.length;) {
    const gate = gating.gates[gating.passed]!;
    const state = book.look(gating.names[gating.passed]!);
    const band = bandAt(gate, job.priority);
    const terms = termsAt(gate, saidOf(lane.settings, gating.task));
    const crowded = state.waits[band]! > 0;
    const closed = !crowded && closedBy(state, terms, band, tx.now);
    if (crowded || closed) book.park(state, gating, job);
    if (closed === 'time') wakeBy(tx, lane, state, opensAt(state, terms));
    if (crowded || closed) return false;
    pass(book, gating, job);
  }
  return true;
}

/** Whether `job`, at the head of its line, may begin. It is active from then on, or else parked. */
export function begin(tx: Transaction, lane: Lane, job: Gated, gating: Gating): boolean {
  const obstacle = gating.gates.findIndex((_, i) => !agrees(tx, lane, gating, job, i));
  if (obstacle >= 0) {
    putBack(tx, lane, job, gating, obstacle);
    return false;
  }
  const book = tx.gates(lane);
  gating.gates.forEach((gate, i) => {
    const state = book.touch(gating.names[i]!);
    if (i < gating.passed) state.queued[bandAt(gate, job.priority)]!--;
    else state.taken++;
    const { rate } = termsAt(gate, saidOf(lane.settings, gating.task));
    if (rate) state.tat = arrival(state.tat, rate, tx.now);
  });
  if (gating.passed < gating.gates.length) {
    gating.passed = gating.gates.length;
    job.place = job.pos = undefined;
    book.moves.move(job);
  }
  openDown(tx, lane, gating, gating.passed - 1, 0);
  return true;
}

function agrees(tx: Transaction, lane: Lane, gating: Gating, job: Gated, number: number): boolean {
  const gate = gating.gates[number]!;
  const state = tx.gates(lane).look(gating.names[number]!);
  if (number >= gating.passed && state.waits[bandAt(gate, job.priority)]! > 0) return false;
  return lets(state, gate.kind, termsAt(gate, saidOf(lane.settings, gating.task)), tx.now);
}

/** It gives back the gate of that number and those further out, and parks. */
function putBack(tx: Transaction, lane: Lane, job: Gated, gating: Gating, number: number): void {
  const book = tx.gates(lane);
  const touched = Math.max(number, gating.passed - 1);
  tally(lane, job, 'ready', -1);
  giveBack(book, gating, number, job);
  book.park(book.touch(gating.names[number]!), gating, job);
  job.place = job.pos = undefined;
  book.moves.move(job);
  tally(lane, job, 'ready', 1);
  openDown(tx, lane, gating, touched, number);
}

/** A job is neither ready nor active any more, and keeps as many gates. `was`: that it was ready before, and of which priority. */
export function leaveGates(tx: Transaction, lane: Lane, gating: Gating, keep: number, was?: Gated): void {
  const book = tx.gates(lane);
  const touched = gating.ticket === undefined ? gating.passed - 1 : gating.passed;
  if (gating.ticket !== undefined) book.unpark(book.look(gating.names[gating.passed]!), gating, was!);
  giveBack(book, gating, keep, was);
  openDown(tx, lane, gating, touched, keep);
}

/** No attempt of its innermost group or task begins before `time`. */
export function pause(tx: Transaction, lane: Lane, { gating }: Pick<Gated, 'gating'>, time: number): void {
  const number = gating?.gates.findIndex(({ kind }) => kind !== 'order') ?? -1;
  if (number < 0) return;
  const state = tx.gates(lane).touch(gating!.names[number]!);
  state.until = Math.max(state.until, time);
}

/** The gate that `job` is parked in front of, and when that opens. */
export function parkedAt(tx: Transaction, lane: Lane, { gating, priority }: Gated): JobRecord['parked'] {
  const gate = gating!.gates[gating!.passed]!;
  const state = tx.gates(lane).look(gating!.names[gating!.passed]!);
  const terms = termsAt(gate, saidOf(lane.settings, gating!.task));
  const timed = closedBy(state, terms, bandAt(gate, priority), tx.now) === 'time';
  return { ...gate, ...(timed && { until: opensAt(state, terms) }) };
}

/** Opens the gates whose time has come, each once, earliest first, a bounded number at a time. */
export function wakeGates(tx: Transaction, lane: Lane): void {
  if (lane.wake === undefined) return;
  const next = nextWake(tx, lane);
  if (next === undefined || next > tx.now) return;
  const names = tx.db.rows('gate.waking', lane.n, tx.now, limits.wake).map(([name]) => name as string);
  const states = tx.gates(lane).touchAll(names);
  for (const state of states) state.wake = undefined;
  for (const state of states) open(tx, lane, state);
}

/** When the first gate is to be looked at again, epoch milliseconds. */
export function nextWake(tx: Transaction, lane: Lane): number | undefined {
  lane.book?.save();
  if (lane.wake !== undefined) lane.wake = tx.db.row('gate.next_wake', lane.n)?.[0] as number | undefined;
  return lane.wake;
}

/** What was said of `tasks` has changed, and stands in the settings by now. Answers whether there is anything to look at. */
export function reconsider(tx: Transaction, lane: Lane, tasks: NonNullable<SettingsChange['tasks']>): boolean {
  const groups = Object.values(tasks).some((said) => said === null || said.group !== undefined);
  const woken = groups ? tx.db.rows('gate.groups', lane.n).map(([name]) => name as string) : [];
  const book = tx.gates(lane);
  for (const task of Object.keys(tasks)) {
    const name = gateName({ kind: 'task', key: task });
    const { stored, tat } = book.look(name);
    if (!stored) continue;
    book.touch(name).tat = arrivalUnder(tat, saidOf(lane.settings, task)?.rate, tx.now);
    woken.push(name);
  }
  for (const state of book.touchAll(woken)) state.wake = tx.now;
  return woken.length > 0;
}

/** A job whose task the settings bind is given the gate it lacks, and keeps it when they do so no longer. */
export function completeGates(
  tx: Transaction,
  lane: Lane,
  job: Pick<Gated, 'n' | 'trail' | 'gating'>,
  asked?: Pick<Gating, 'task' | 'enqueuedAt'>,
): void {
  if (lane.settings.tasks === unset.tasks) return;
  const { task, enqueuedAt } = asked ?? job.gating ?? askedOf(tx, job.n);
  const { gates, passed } = job.gating ?? { gates: [], passed: 0 };
  const missing = missingGate({ task, gates: [...gates] }, saidOf(lane.settings, task));
  if (!missing) return;
  job.gating = newGating({ task, enqueuedAt }, [...gates, missing], passed);
  job.trail |= trails.gates;
  tx.db.run('gate.give', JSON.stringify(job.gating.gates), passed, job.n);
}

/** Of a job without gates. */
function askedOf(tx: Transaction, n: number): Pick<Gating, 'task' | 'enqueuedAt'> {
  const [task, enqueuedAt] = tx.db.row('gate.asks', n)!;
  return { task: task as string, enqueuedAt: enqueuedAt as number };
}

function pass(book: GateBook, gating: Gating, { priority }: Pick<Gated, 'priority'>): void {
  const state = book.touch(gating.names[gating.passed]!);
  state.taken++;
  state.queued[bandAt(gating.gates[gating.passed]!, priority)]!++;
  gating.passed++;
}

/** All gates it has passed, from number `first`. `was`: as in `leaveGates`. */
function giveBack(book: GateBook, gating: Gating, first: number, was?: Pick<Gated, 'priority'>): void {
  for (; gating.passed > first; gating.passed--) {
    const state = book.touch(gating.names[gating.passed - 1]!);
    state.taken--;
    if (was) state.queued[bandAt(gating.gates[gating.passed - 1]!, was.priority)]!--;
  }
}

/** Opens the gates of a job from number `outermost` to number `innermost`. */
function openDown(tx: Transaction, lane: Lane, { names }: Gating, outermost: number, innermost: number): void {
  for (let i = outermost; i >= innermost; i--) open(tx, lane, tx.gates(lane).touch(names[i]!));
}

function wakeBy(tx: Transaction, lane: Lane, state: GateState, time: number): void {
  state.wake = Math.min(state.wake ?? Infinity, time);
  hintSoon(tx, lane, time);
}

/** An idle worker that knows of nothing sooner would sleep over it. */
export function hintSoon(tx: Transaction, lane: Lane, time: number): void {
  if (time - tx.now <= limits.soon) tx.hintLane('ready', lane);
}

/** Lets through who may pass, until one may not; then sees to it that somebody looks again when that is needed. */
function open(tx: Transaction, lane: Lane, state: GateState): void {
  state.wake = letThrough(tx, lane, state);
  if (sum(state.waits) > 0) return;
  state.wake = undefined;
  if (state.taken > 0) return;
  const forgettable = forgettableAt(state);
  if (forgettable > tx.now) state.wake = forgettable;
  else state.tat = state.until = 0;
}

/** Answers when to go on, where that is a matter of time. */
function letThrough(tx: Transaction, lane: Lane, state: GateState): number | undefined {
  const book = tx.gates(lane);
  let through = 0;
  for (let band = 0; band < state.waits.length;) {
    const terms = book.termsOfFirst(state, band);
    const closed = terms && closedBy(state, terms, band, tx.now);
    if (!terms || closed === 'turn') {
      band++;
      continue;
    }
    if (closed) return closed === 'time' ? opensAt(state, terms) : undefined;
    const job = book.first(state, band)!;
    book.unpark(state, job.gating!, job);
    pass(book, job.gating!, job);
    completeGates(tx, lane, job);
    const gating = job.gating!;
    const { passed } = gating;
    tally(lane, job, 'ready', -1);
    const joins = climb(tx, lane, gating, job);
    if (joins) lineUp(tx, lane, job, 'tail');
    if (joins && gating.passed === passed) book.moves.letIn(job);
    else book.moves.move(job);
    if (joins) book.moves.arrive(job);
    tally(lane, job, 'ready', 1);
    tx.hintJob(job.id);
    if (++through === limits.through) return tx.now;
    band = 0;
  }
  return undefined;
}
