import type { Share } from './share.js';

/**
 * Places that queues share by weight. A queue that alone has work may take all of them. While several have work, a place
 * that comes free goes to one that has fewer than its share; of several such in turn, each as often as it weighs, so that
 * a share of less than one place is had as well, one after the other.
 *
 * Whether a queue has work is what its last answer said, or a hint since. A place for such a queue is set aside until its
 * lane has asked: jobs of others that stand in line do not take it.
 */
export class SharedPlaces {
  private readonly shares: Share[] = [];
  /** Rises with every job that begins, by less the more the queues weigh: a queue that had no work has missed nothing. */
  private round = 0;

  constructor(private size: number) {}

  get capacity(): number {
    return this.size;
  }

  /** Jobs whose code runs. */
  get taken(): number {
    return sum(this.shares, ({ taken }) => taken);
  }

  /** Places that no job takes, and no exchange on its way asks for. */
  get free(): number {
    return Math.max(0, this.size - this.taken - sum(this.shares, ({ awaited }) => awaited));
  }

  /** Places that nobody has or wants. */
  get spare(): number {
    return Math.max(0, this.size - sum(this.shares, ({ had }) => had));
  }

  join(share: Share): void {
    this.shares.push(share);
  }

  /** Places for a queue of this weight if every queue had work, rounded up. */
  due(weight: number): number {
    return Math.ceil((this.size * weight) / weightOf(this.shares));
  }

  resize(size: number): void {
    this.size = size;
    let tooMany = sum(this.shares, ({ had }) => had) - size;
    for (const share of this.shares) tooMany -= share.giveUp(tooMany);
    this.deal();
  }

  /** Gives spare places to those who want them. */
  deal(): void {
    for (const share of this.shares) share.tidy();
    for (let next = this.next(); next; next = this.next()) next.give();
    for (const share of this.shares) share.rouse();
  }

  /** A job of this queue has begun. */
  began(share: Share): void {
    this.round = Math.max(this.round, share.turn);
    share.turn = this.round + 1 / share.weight;
  }

  private next(): Share | undefined {
    if (this.spare === 0) return undefined;
    const wanting = this.shares.filter(({ wants }) => wants);
    if (wanting.length < 2) return wanting[0];
    const places = this.spare + sum(wanting, ({ had }) => had);
    const weight = weightOf(wanting);
    let next: Share | undefined;
    for (const share of wanting) {
      if (share.had * weight < places * share.weight && (!next || this.isBefore(share, next))) next = share;
    }
    return next;
  }

  private isBefore(one: Share, other: Share): boolean {
    const turn = Math.max(this.round, one.turn) - Math.max(this.round, other.turn);
    return turn < 0 || (turn === 0 && one.weight > other.weight);
  }
}

function weightOf(shares: readonly Share[]): number {
  return sum(shares, ({ weight }) => weight);
}

function sum(shares: readonly Share[], part: (share: Share) => number): number {
  let all = 0;
  for (const share of shares) all += part(share);
  return all;
}
