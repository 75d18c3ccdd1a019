import type { Deadlines, Due } from '../time/deadlines.js';
import type { HeldJob } from './held-job.js';

/** Who begins a job, or gives it back. */
export interface Owner {
  /** It still holds what it claimed, as far as anybody can tell. */
  readonly mayBegin: boolean;
  begin(held: HeldJob): void;
  giveBack(held: HeldJob): void;
}

/** Milliseconds of work that may wait in line. */
const horizon = 5;
/** Jobs that may wait in line, however quick they are. */
const longest = 64;
/** Milliseconds after which a job in line goes back to where others can take it. */
const patience = 50;
/** Of how many jobs, about, the pace is a mean. */
const memory = 8;
/** The pace, in milliseconds a job, before anything is known, and after the line has stood still. */
const unknown = 100;

/**
 * Jobs claimed a moment before there is a place for them, so that a worker of few places does not wait for the store
 * between two short jobs.
 *
 * Only as many as the places finish in `horizon` milliseconds by what they did lately, so jobs that take longer than
 * that are never claimed ahead. Should the line stand still all the same, it is given back, uncharged and to the front.
 */
export class Line implements Due {
  slot?: number;
  private readonly waiting: { held: HeldJob; owner: Owner }[] = [];
  private head = 0;
  private pace = unknown;

  constructor(
    private readonly deadlines: Deadlines,
    private readonly now: () => number,
    /** Jobs that may wait in line, whatever the pace; by the pace where it is 'auto'. */
    private readonly prefetch: number | 'auto',
  ) {}

  get length(): number {
    return this.waiting.length - this.head;
  }

  /** How many may wait where `places` run at once. */
  room(places: number): number {
    if (this.prefetch !== 'auto') return this.prefetch;
    return this.pace < horizon ? Math.min(longest, Math.floor((places * horizon) / this.pace)) : 0;
  }

  /** A job has taken its place for `ms`. */
  took(ms: number): void {
    this.pace += (ms - this.pace) / memory;
  }

  join(held: HeldJob, owner: Owner): void {
    this.waiting.push({ held, owner });
    // Where none may wait, they do only because places were given up while they were on their way.
    const isPatient = this.prefetch !== 'auto' && this.prefetch > 0;
    if (this.slot === undefined && !isPatient) this.deadlines.add(this, patience);
  }

  /** The first begins; false when nobody waits. */
  beginNext(): boolean {
    for (let next = this.shift(); next; next = this.shift()) {
      const { held, owner } = next;
      if (!owner.mayBegin) {
        owner.giveBack(held);
        continue;
      }
      const now = this.now();
      held.startedAt += Math.round(now - held.since);
      held.since = now;
      owner.begin(held);
      return true;
    }
    return false;
  }

  /** Those of `owner`, or of everybody, go back, last first: each goes to the front, so the first comes first again. */
  giveBack(owner?: Owner): void {
    const all = this.waiting.splice(0).slice(this.head);
    this.head = 0;
    for (const entry of all) if (owner && entry.owner !== owner) this.waiting.push(entry);
    for (const { held, owner: own } of all.reverse()) if (!owner || own === owner) own.giveBack(held);
  }

  /** Out of the line; false when it is not in it. */
  leave(held: HeldJob): boolean {
    const place = this.waiting.findIndex((entry, i) => i >= this.head && entry.held === held);
    if (place >= 0) this.waiting.splice(place, 1);
    return place >= 0;
  }

  /** Nobody holds these any more. */
  forget(owner: Owner): void {
    const others = this.waiting.slice(this.head).filter((entry) => entry.owner !== owner);
    this.waiting.length = this.head = 0;
    this.waiting.push(...others);
  }

  /** The patience is over: for the first in line, or for one that has begun since. */
  expire(): void {
    const first = this.waiting[this.head];
    if (!first) return;
    const left = first.held.since + patience - this.now();
    if (left > 0) return this.deadlines.add(this, left);
    this.pace = Math.max(this.pace, unknown);
    this.giveBack();
  }

  private shift() {
    const next = this.waiting[this.head];
    if (!next) return undefined;
    this.head++;
    // A line that is never empty must not remember everybody who ever stood in it.
    if (this.head === this.waiting.length || this.head > longest) {
      this.waiting.splice(0, this.head);
      this.head = 0;
    }
    return next;
  }
}
