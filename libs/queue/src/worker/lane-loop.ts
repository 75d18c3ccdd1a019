import { StoreUnavailable } from '../job/errors.js';
import { limits } from '../job/limits.js';
import type { ExchangeAnswer, ExchangeRequest, Hint, Lane } from '../store/store.js';
import { Loop, nextTurn } from '../time/loop.js';
import { within } from '../time/within.js';
import type { HeldJob } from './held-job.js';
import { Lease } from './lease.js';
import { type AttemptOutcome, settlementOf } from './outcome.js';
import type { Owner } from './line.js';
import type { Places } from './places.js';
import type { Seeker } from './share.js';
import type { Desk } from './runner.js';
import { type Ended, SettleBuffer } from './settle-buffer.js';
import type { Shift } from './shift.js';
import { tryAgainIn } from './store-watch.js';

/** An exchange whose answer has come, or will not come. */
interface Landing {
  request: ExchangeRequest;
  answer?: ExchangeAnswer;
  failure?: Error;
}

/** Fewer jobs than this are not worth two exchanges: the second would go half empty. */
const few = 16;

/**
 * The loop that takes jobs of one lane and gives back their endings: settle what ended, take what fits, start each,
 * sleep until there is room or work.
 *
 * One exchange at a time; where a network lies between, two while there is work for both, each for half of the jobs
 * that may be held, so that handlers run while the other is on its way. Whatever ends meanwhile is gathered and goes with the next, so
 * batches grow with the load by themselves. When an answer never comes nobody knows what was done: the lane first lets
 * the store release what it has handed out in vain (`reconcile`), then sends the endings again; 'stale' then means that
 * they had arrived.
 *
 * Every wait is bounded. Hints only shorten it; no loop ever awaits one.
 */
export class LaneLoop extends Loop implements Desk, Owner, Seeker {
  /** From the claim until the store has confirmed the ending. */
  readonly holds = new Map<string, HeldJob>();
  /** Those whose code runs, stuck ones included. */
  readonly running = new Set<HeldJob>();
  readonly lease: Lease;
  /** It would have asked for jobs, but others were asking for all that may still be claimed. */
  heldBack = false;
  private readonly endings = new SettleBuffer();
  private doubt = false;
  private failures = 0;
  private request = 0;
  private emptyAt = -1;
  /** Oldest first: on their way, or landed and not looked at yet. */
  private readonly flights: Promise<Landing>[] = [];
  /** Calls to the store that may bring jobs, here or in another lane. */
  private inTheAir = 0;
  /** The last answer said that more is ready. */
  private expectsMore = false;
  /** Where places are shared: nobody has looked since the start, or since a hint. */
  private curious: boolean;

  constructor(
    readonly lane: Lane,
    private readonly places: Places,
    private readonly shift: Shift,
  ) {
    super(shift.services.clock);
    this.lease = new Lease(shift.services.clock, shift.settings.lease);
    this.curious = places.shared;
  }

  async runOnce(): Promise<number> {
    const worker = await this.shift.enlisted();
    if (this.doubt) await this.reconcile(worker);
    if (!this.shift.taking) this.places.giveBack(this);
    await this.gather();
    this.heard();
    const before = this.flights.length;
    if (before === 0) this.flights.push(this.fly(worker));
    if (this.isWorthAnother()) this.flights.push(this.fly(worker));
    const looked = this.flights.length > before;
    const { request, answer, failure } = await this.flights.shift()!;
    if (failure) throw failure;
    this.failures = 0;
    // Whoever woke the loop for a look gets one: a round that only waited for an earlier exchange was none.
    if (!looked || this.flights.length > 0 || !answer) return 0;
    return this.rest(request, answer);
  }

  override async stop(): Promise<void> {
    await super.stop();
    await Promise.all(this.flights);
  }

  protected failed(error: unknown): number {
    if (this.stopped) return 0;
    this.shift.storeWatch.lost(error);
    return tryAgainIn(this.failures++, () => this.clock.random());
  }

  /** Asks for a fresh look; `isEmpty` tells once it found nothing. */
  look(): void {
    this.request++;
    this.wake();
  }

  /** Nothing is held, and a look begun after the last `look()` found nothing. */
  get isEmpty(): boolean {
    return this.emptyAt === this.request && this.holds.size === 0 && this.inTheAir === 0;
  }

  /** More jobs are ready than were taken, as far as is known. */
  get hasMore(): boolean {
    return this.expectsMore;
  }

  get seeks(): boolean {
    const { taking, allowance, solitude } = this.shift;
    if (!taking || this.doubt || !(this.expectsMore || this.curious || this.isAskedFor)) return false;
    return allowance > 0 && solitude.mayTake(this.lane);
  }

  hear(hint: Hint): void {
    if (hint.topic === 'job' || hint.topic === 'schedules') return;
    if (hint.topic !== 'any' && (hint.lane.queue !== this.lane.queue || hint.lane.shard !== this.lane.shard)) return;
    if (this.places.shared) {
      this.curious = true;
      this.places.spread();
    }
    if (hint.topic !== 'ready' || this.room() > 0) this.wake();
  }

  /** There are more places, or fewer. */
  resized(): void {
    this.expectsMore = false; // that was said of what did not fit before
    this.wake();
  }

  settle(held: HeldJob, outcome: AttemptOutcome): void {
    if (this.holds.get(held.job.id) !== held) return;
    this.endings.push({ held, outcome, settlement: settlementOf(held.job, outcome), resent: false });
    this.wake();
  }

  vacate(held: HeldJob): void {
    this.running.delete(held);
    const took = this.clock.monotonic() - held.since;
    this.places.leave(took);
    if (took > this.shift.long) this.shift.tookLong(held.job.task);
    if (this.holds.get(held.job.id) !== held) this.wake(); // a late one: no settlement will do it
    this.shift.changed();
  }

  /** Held jobs are asked to stop. */
  fireShutdown(): void {
    for (const held of this.holds.values()) held.attempt?.abort('shutdown');
  }

  /** Held jobs are given back, newest first, as each goes to the front: so the oldest comes first again. */
  withdraw(): void {
    const newestFirst = [...this.holds.values()].sort((a, b) => b.job.fence - a.job.fence);
    for (const held of newestFirst) held.attempt?.end({ kind: 'withdrawn', why: 'shutdown' });
  }

  /** The hold on everything is lost: attempts are told, endings are dropped, and code that returns is late. */
  abandon(): void {
    const lost = [...this.holds.values()];
    this.holds.clear();
    this.endings.clear();
    this.places.forget(this);
    this.doubt = false;
    for (const held of lost) {
      held.attempt?.abort('lease-lost');
      held.attempt?.end({ kind: 'withdrawn', why: 'lease-lost' });
      this.shift.reporter.stale(held);
      this.shift.solitude.ended(held.job.id);
    }
    this.wake();
  }

  /** Somebody waits for a look that finds nothing, and there is nothing else to wait for. */
  private get isAskedFor(): boolean {
    return this.request > 0 && this.request !== this.emptyAt && this.holds.size === 0 && this.inTheAir === 0;
  }

  /** An idle worker flushes at once; a busy one waits for whatever else ends in this turn of the event loop. */
  private async gather(): Promise<void> {
    if (this.endings.size > 0 && this.running.size > 0) await nextTurn();
  }

  /** A second exchange is on its way only when it is a full one. */
  private isWorthAnother(): boolean {
    if (this.flights.length !== 1 || this.shift.services.store.flights === 1 || this.places.total < few) return false;
    const { portion } = this;
    return this.endings.size >= portion || (this.expectsMore && this.room() >= portion);
  }

  /** Jobs that one exchange may ask for. */
  private get portion(): number {
    const { total } = this.places;
    return this.shift.services.store.flights > 1 && total >= few ? Math.ceil(total / 2) : total;
  }

  /** One exchange, from what it asks to what it brings. Never rejects. */
  private async fly(worker: string): Promise<Landing> {
    const sent = this.endings.take();
    const request = this.ask(worker, sent);
    const asked = this.request;
    const sentAt = this.clock.monotonic();
    this.takesOff(request);
    try {
      const answer = await this.answered(this.shift.services.store.exchange(request));
      this.touchesDown(request);
      if (worker !== this.shift.id) return { request }; // registered anew meanwhile: nothing in this answer is ours
      if (answer.gone) {
        this.shift.gone(worker);
        return { request };
      }
      this.apply(answer, sent, sentAt, worker);
      if (this.foundNothing(request, answer)) this.emptyAt = asked;
      return { request, answer };
    } catch (error) {
      this.touchesDown(request);
      // Those of a lease that was lost meanwhile are nobody's any more.
      this.endings.putBack(sent.filter(({ held }) => this.holds.get(held.job.id) === held));
      this.doubt = true;
      return { request, failure: error as Error }; // `answered` gives nothing else
    } finally {
      this.places.spread();
      this.shift.changed();
    }
  }

  private ask(worker: string, sent: Ended[]): ExchangeRequest {
    const settle = sent.map((ended) => ended.settlement);
    const want = Math.min(this.room(), this.portion);
    const request: ExchangeRequest = { worker, lane: this.lane, settle, want, lease: this.shift.settings.lease };
    return this.mayAskAlone() ? { ...request, want: 1, alone: true } : request;
  }

  /** What it asks for is promised to it until it is back. */
  private takesOff({ want, alone = false }: ExchangeRequest): void {
    this.heldBack = this.shift.taking && this.places.free > 0 && this.shift.allowance <= 0;
    this.inTheAir++;
    this.places.promise(want);
    this.shift.asks(want);
    if (want === 0) return;
    this.curious = false;
    this.shift.solitude.claims(this.lane, alone);
  }

  private touchesDown({ want, alone = false }: ExchangeRequest): void {
    this.inTheAir--;
    this.places.redeem(want);
    this.shift.hasAsked(want);
    if (want > 0) this.shift.solitude.claimed(alone);
  }

  private room(): number {
    const { taking, allowance, solitude } = this.shift;
    if (!taking || !solitude.mayTake(this.lane)) return 0;
    return Math.min(this.places.room, allowance, limits.batch);
  }

  private mayAskAlone(): boolean {
    return (
      this.shift.taking && this.places.free > 0 && this.shift.allowance > 0 && this.shift.solitude.mayAsk(this.lane)
    );
  }

  /** Once nothing is on its way any more that might hand out jobs. */
  private async reconcile(worker: string): Promise<void> {
    await Promise.all(this.flights.splice(0));
    this.doubt = false;
    const held = [...this.holds.values()].map(({ job: { id, fence } }) => ({ id, fence }));
    try {
      await this.answered(this.shift.services.store.reconcile(worker, this.lane, held));
    } catch (error) {
      this.doubt = true;
      throw error;
    }
  }

  /** A call that hangs is given up, so the loop turns whatever the connection does. Its late answer raises doubt again. */
  private answered<T>(call: Promise<T>): Promise<T> {
    const patience = Math.min(3000, Math.max(1000, this.shift.settings.lease / 3));
    const { url } = this.shift.services.store;
    const late = () => new StoreUnavailable(url, { cause: new Error(`no answer in ${patience} ms`) });
    return within(this.clock, call, patience, late, () => (this.doubt = true));
  }

  private apply(answer: ExchangeAnswer, sent: Ended[], sentAt: number, worker: string): void {
    this.lease.renewed(sentAt);
    this.shift.storeWatch.answered();
    this.expectsMore = answer.more && !answer.paused;
    sent.forEach((ended, i) => this.confirm(ended, answer.settled[i] ?? 'stale'));
    for (const id of answer.cancels) this.cancel(this.holds.get(id));
    this.shift.solitude.saw(this.lane, answer.paused ? 0 : answer.suspects);
    if (answer.overdue) this.shift.overdue(this.lane);
    // An answer older than the lease may hand out what others were given since: it is released instead.
    if (answer.jobs.length > 0 && !this.lease.isTrusted) this.doubt = true;
    else this.takeAll(answer, worker);
    if (sent.some((ended) => ended.settlement.then)) this.relay();
  }

  private cancel(held: HeldJob | undefined): void {
    held?.attempt?.abort('cancel');
    if (held && this.places.withdraw(held)) this.giveBack(held);
  }

  /** What follows in another shard is carried there now; should that fail, the relay of any worker does it. */
  private relay(): void {
    const { services, reporter } = this.shift;
    this.inTheAir++;
    const carried = services.store.relay(this.lane).catch((error: unknown) => reporter.trouble('relay', error));
    void carried.finally(() => {
      this.inTheAir--;
      this.shift.tally.relayed++;
      this.shift.changed();
    });
  }

  private confirm({ held, outcome, resent }: Ended, state: ExchangeAnswer['settled'][number]): void {
    if (this.holds.get(held.job.id) === held) this.holds.delete(held.job.id);
    const { solitude } = this.shift;
    if (solitude.ended(held.job.id) || (solitude.isSought && this.shift.held === 0)) this.shift.wakeAll();
    this.shift.tally.settled(outcome, state);
    this.shift.reporter.settled(held, outcome, state === 'stale' && resent ? stateOf(outcome) : state);
  }

  private takeAll({ jobs, now }: ExchangeAnswer, worker: string): void {
    const since = this.clock.monotonic();
    for (const job of jobs) this.take({ job, lane: this.lane, worker, startedAt: now, since });
  }

  private take(held: HeldJob): void {
    const { job } = held;
    this.holds.set(job.id, held);
    this.shift.tally.claimed++;
    if (job.alone) this.shift.solitude.runs(job.id);
    if (this.shift.taking) this.places.enter(held, this);
    else this.giveBack(held);
  }

  get mayBegin(): boolean {
    return this.lease.isTrusted;
  }

  /** There is a place for it. */
  begin(held: HeldJob): void {
    this.running.add(held);
    this.shift.runner.run(held, this);
  }

  /** It does not begin here. */
  giveBack(held: HeldJob): void {
    this.settle(held, { kind: 'released', why: 'shutdown' });
  }

  private foundNothing(request: ExchangeRequest, answer: ExchangeAnswer): boolean {
    if (answer.paused) return true;
    return request.want > 0 && answer.jobs.length === 0 && !answer.more && answer.suspects === 0;
  }

  /** Milliseconds until the next look. */
  private async rest(request: ExchangeRequest, answer: ExchangeAnswer): Promise<number> {
    if (answer.jobs.length > 0 && this.endings.size === 0) await nextTurn(); // short handlers have ended by then
    if (this.endings.size > 0 || this.doubt) return 0;
    const room = this.room();
    if (room > 0 && answer.more && !answer.paused) return 0;
    if (!request.alone && !answer.paused && this.mayAskAlone()) return 0;
    const isNext = room > 0 || this.places.shared; // to have a place there it must tell that it has work
    return Math.min(this.shift.settings.idle, isNext ? (answer.dueIn ?? Infinity) : Infinity);
  }
}

/** What the store made of a settlement whose answer was lost. */
function stateOf(outcome: AttemptOutcome) {
  switch (outcome.kind) {
    case 'retry':
    case 'snoozed':
      return 'scheduled';
    case 'released':
      return 'ready';
    default:
      return outcome.kind;
  }
}
