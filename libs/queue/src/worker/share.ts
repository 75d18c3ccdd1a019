import type { HeldJob } from './held-job.js';
import type { Line, Owner } from './line.js';
import { Places } from './places.js';
import type { SharedPlaces } from './shared-places.js';

/** A lane, as seen by those who deal out places. */
export interface Seeker {
  /** It has work, as far as it knows, and would ask for it if it had a place. */
  readonly seeks: boolean;
  wake(): void;
}

/**
 * What one queue has of places that it shares: those its jobs take, and those set aside for jobs that are on their way or
 * about to be asked for. A queue that only looks whether there is work may ask with places that nobody wants, up to what
 * it would have if every queue had work.
 */
export class Share extends Places {
  override readonly shared = true;
  /** The round of `SharedPlaces` from which it may have the next place. */
  turn = 0;
  private aside = 0;
  /** Of those nobody has asked for yet, as many as its lanes were woken for. */
  private told = 0;
  private seekers: readonly Seeker[] = [];

  constructor(
    private readonly all: SharedPlaces,
    readonly weight: number,
    line: Line,
  ) {
    super(0, line);
    all.join(this);
  }

  override get capacity(): number {
    return this.all.capacity;
  }

  /** Places that nobody else can have. */
  get had(): number {
    return this.used + this.aside;
  }

  get awaited(): number {
    return this.promised;
  }

  /** A place would be of use. */
  get wants(): boolean {
    return this.line.length > 0 || this.seekers.some((seeker) => seeker.seeks);
  }

  protected override get size(): number {
    return this.had + this.spare;
  }

  /** Of the places that nobody wants. */
  private get spare(): number {
    return Math.max(0, Math.min(this.all.spare, this.all.due(this.weight) - this.had));
  }

  /** From now on these lanes ask for its jobs. */
  serve(seekers: readonly Seeker[]): void {
    this.seekers = seekers;
  }

  override resize(places: number): void {
    this.all.resize(places);
  }

  override promise(jobs: number): void {
    const most = this.size - this.used;
    super.promise(jobs);
    this.aside = Math.max(this.aside, Math.min(most, this.promised));
    this.told = 0;
  }

  override enter(held: HeldJob, owner: Owner): void {
    if (this.aside > 0 && this.line.length === 0) {
      this.move(1);
      this.all.began(this);
      return owner.begin(held);
    }
    this.line.join(held, owner);
    this.fill();
  }

  override spread(): void {
    this.all.deal();
  }

  /** Uses what is set aside for those in line; what nobody has asked for yet may be dealt out anew. */
  tidy(): void {
    while (this.aside > 0 && this.line.length > 0) {
      this.move(1);
      if (this.line.beginNext()) this.all.began(this);
      else this.move(-1);
    }
    this.aside = Math.min(this.aside, this.promised);
  }

  /** One more place: for the first in line, or for whoever asks now. */
  give(): void {
    this.aside++;
    if (this.line.length > 0) this.tidy();
  }

  /** So many of the places set aside, as far as there are; answers how many. */
  giveUp(places: number): number {
    const given = Math.max(0, Math.min(places, this.aside));
    this.aside -= given;
    return given;
  }

  /** Places were dealt out: wakes its lanes if there are more to ask for than they know. */
  rouse(): void {
    const left = this.aside - this.promised;
    if (left > this.told) for (const seeker of this.seekers) if (seeker.seeks) seeker.wake();
    this.told = Math.max(0, left);
  }

  protected override fill(): void {
    this.all.deal();
  }

  private move(places: number): void {
    this.aside -= places;
    this.used += places;
  }
}
