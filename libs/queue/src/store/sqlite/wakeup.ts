import { type Clock, systemClock, type Timer } from '../../time/clock.js';
import type { Database } from './database.js';
import type { LogWatch } from './log-watch.js';

/** With a watch, milliseconds between two looks: soon after an event, then twice as long each time. */
const soonest = 1;
const slowest = 100;
/**
 * More events than these without a pause of some milliseconds are a rain: hearing each drop, of which most are our own, costs
 * a busy worker a twentieth. So it looks until nobody has written anything for a while.
 */
const rain = { events: 20, pause: 8, every: 2, over: 10 };

/** Where nothing can be watched: milliseconds of quiet, and how often to look from then on. */
const pace = [
  { quiet: 0, every: 2 },
  { quiet: 5_000, every: 4 },
  { quiet: 60_000, every: 12 },
];

/**
 * Notices that another process, or another connection of this one, wrote something to the file that somebody may wait for.
 *
 * SQLite sends no messages, but `PRAGMA data_version` changes with each foreign commit. It costs 3 µs to ask; waking up to
 * ask costs ten times that, and asking every 2 ms up to 4 % of a core. So it is asked when the watch hears a write to the
 * log: within a fraction of a millisecond, however long it has been quiet. A commit counts a little after its last write,
 * with `synchronous: 'full'` only once the disk has it, so further looks follow.
 *
 * Hints are never trusted: a slow look goes on beside the watch. When that finds a change of which nothing was heard, the
 * watch is made anew, and when it happens again, given up for looks at a fixed pace. So it is where nothing can be watched.
 *
 * Runs on the machine's clock whatever clock the store was handed: the other process does not wait for one turned by hand.
 */
export class Wakeup {
  private timer: Timer | undefined;
  private watch: 'on' | 'off' | 'impossible' = 'off';
  private wait = soonest;
  private activeAt = 0;
  private version: number | undefined;
  private news: number | undefined;
  /** Since the last pause. */
  private events = 0;
  private beaten = false;
  /** A slow look has just found a change; its event may still be on its way. */
  private unheard = false;
  private missed = 0;

  constructor(
    private readonly file: Pick<Database, 'version' | 'news'>,
    private readonly wake: () => void,
    private readonly log: Pick<LogWatch, 'start' | 'stop'>,
    private readonly clock: Pick<Clock, 'after' | 'monotonic'> = systemClock,
  ) {}

  start(): void {
    if (this.timer) return;
    this.version = this.file.version();
    this.news = this.file.news();
    this.missed = 0;
    this.unheard = false;
    this.watchLog();
    this.active();
    this.lookLater(soonest);
  }

  stop(): void {
    this.log.stop();
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** This process wrote such a thing: others may answer soon. */
  active(): void {
    this.activeAt = this.clock.monotonic();
  }

  /** This process wrote something nobody answers: its event is no reason to look again and again. */
  beat(): void {
    this.beaten = true;
  }

  private watchLog(): void {
    this.watch = this.log.start(() => this.heard()) ? 'on' : 'impossible';
    this.events = 0;
  }

  private unwatch(reason: 'off' | 'impossible'): void {
    this.log.stop();
    this.watch = reason;
  }

  private heard(): void {
    if (!this.timer || this.watch !== 'on') return;
    const own = this.beaten;
    this.beaten = this.unheard = false;
    const changed = this.look();
    if (changed) this.missed = 0;
    if (++this.events > rain.events) this.unwatch('off');
    if (this.wait > soonest && (changed || !own)) this.lookLater(soonest);
  }

  private lookByTimer(): void {
    if (this.wait >= rain.pause) this.events = 0;
    if (this.unheard) this.miss();
    const changed = this.look();
    this.unheard = changed && this.watch === 'on' && this.wait === slowest;
    const quiet = this.clock.monotonic() - this.activeAt;
    if (this.watch === 'off' && quiet >= rain.over) this.watchLog();
    this.lookLater(changed && this.watch === 'on' ? soonest : this.nextWait(quiet));
  }

  private nextWait(quiet: number): number {
    if (this.watch === 'on') return Math.min(2 * this.wait, slowest);
    if (this.watch === 'off') return rain.every;
    return pace.findLast((step) => quiet >= step.quiet)!.every;
  }

  private look(): boolean {
    const version = this.file.version();
    if (version === undefined || version === this.version) return false;
    this.version = version;
    this.tell();
    return true;
  }

  /** Two idle workers that woke each other whenever one renews its lease would never sleep. */
  private tell(): void {
    const news = this.file.news();
    if (news === this.news) return;
    this.news = news;
    this.active();
    this.wake();
  }

  private miss(): void {
    this.unheard = false;
    if (++this.missed === 1) this.watchLog();
    else this.unwatch('impossible');
  }

  private lookLater(wait: number): void {
    this.wait = wait;
    this.timer?.cancel();
    this.timer = this.clock.after(wait, () => this.lookByTimer());
  }
}
