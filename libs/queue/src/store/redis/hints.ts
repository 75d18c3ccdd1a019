import type { Cluster, Redis } from 'ioredis';
import { systemClock, type Timer } from '../../time/clock.js';
import type { Hint, Lane, Listener, Topics } from '../store.js';
import type { Lanes } from './lanes.js';
import { addressOf, idOf } from './wire.js';

type Subscriber = Redis | Cluster;

interface Ear {
  jobs: Set<string>;
  hear: (hint: Hint) => void;
}

/** What is told in a channel: work of a lane, jobs of a lane, or that schedules are due sooner. */
type About = { kind: 'work'; lane: Lane } | { kind: 'jobs'; lane: Lane } | { kind: 'schedules' };

/** Milliseconds `listen` waits for its channels, and between two signs of life. */
const patience = 1000;
const pulse = 5000;

/**
 * Hints come over a connection of their own, which may be lost at any time: it returns by itself, takes its channels up
 * again, and then tells everybody that anything may have happened. No loop ever waits for it.
 */
export class Hints {
  private readonly channels = new Map<string, { about: About; ears: Set<Ear> }>();
  private subscriber?: Subscriber;
  private timer?: Timer;
  private sharded = false;

  constructor(private readonly lanes: Lanes) {}

  /** `sharded`: in a cluster, channels live in the slot of their lane. */
  speak(sharded: boolean): void {
    this.sharded = sharded;
  }

  async listen(topics: Topics, hear: (hint: Hint) => void): Promise<Listener> {
    const ear: Ear = { jobs: new Set(topics.jobs), hear };
    const { keys } = this.lanes;
    const wanted = new Map<string, About>();
    for (const lane of topics.lanes ?? []) wanted.set(keys.work(lane), { kind: 'work', lane });
    for (const id of ear.jobs) {
      const lane = addressOf(id);
      wanted.set(keys.jobs(lane), { kind: 'jobs', lane });
    }
    if (topics.schedules) wanted.set(keys.schedulesWork, { kind: 'schedules' });
    const added = [...wanted].filter(([name, about]) => this.join(name, about, ear)).map(([name]) => name);
    await Promise.race([this.subscribe(added), systemClock.sleep(patience)]);
    await this.callOut(topics.lanes ?? []);
    return { stop: () => this.leave(ear) };
  }

  close(): void {
    this.channels.clear();
    this.hangUp();
  }

  /** Whether the channel is new. */
  private join(name: string, about: About, ear: Ear): boolean {
    const channel = this.channels.get(name);
    channel?.ears.add(ear);
    if (!channel) this.channels.set(name, { about, ears: new Set([ear]) });
    return !channel;
  }

  private async leave(ear: Ear): Promise<void> {
    const silent: string[] = [];
    for (const [name, { ears }] of this.channels) {
      if (ears.delete(ear) && ears.size === 0) {
        this.channels.delete(name);
        silent.push(name);
      }
    }
    if (this.channels.size === 0) this.hangUp();
    else if (silent.length > 0) await this.unsubscribe(silent).catch(() => {});
  }

  /** Resolves when the channels are on, or with a connection that is to come: then they follow with it. */
  private async subscribe(names: string[]): Promise<void> {
    if (names.length === 0) return;
    if (!this.subscriber) return this.dial();
    if (this.subscriber.status !== 'ready') return;
    await this.turnOn(names).catch(() => {});
  }

  private turnOn(names: string[]): Promise<unknown> {
    // Sharded channels of different lanes live in different slots: one call each.
    if (this.sharded) return Promise.all(names.map((name) => this.subscriber!.ssubscribe(name)));
    return this.subscriber!.subscribe(...names);
  }

  private unsubscribe(names: string[]): Promise<unknown> {
    if (this.subscriber?.status !== 'ready') return Promise.resolve();
    if (this.sharded) return Promise.all(names.map((name) => this.subscriber!.sunsubscribe(name)));
    return this.subscriber.unsubscribe(...names);
  }

  private dial(): Promise<void> {
    const subscriber = this.lanes.connection.forHints();
    this.subscriber = subscriber;
    let connected = 0;
    subscriber.on('error', () => {});
    subscriber.on(this.sharded ? 'smessage' : 'message', (name: string, text: string) => this.hear(name, text));
    const first = new Promise<void>((resolve) => {
      subscriber.on('ready', () => {
        const again = connected++ > 0;
        this.turnOn([...this.channels.keys()])
          .then(() => again && this.tellAll())
          .catch(() => this.redial(subscriber))
          .finally(resolve);
      });
    });
    subscriber.connect().catch(() => {});
    this.watchPulse(subscriber);
    return first;
  }

  private hangUp(): void {
    this.timer?.cancel();
    this.subscriber?.disconnect();
    this.subscriber = undefined;
  }

  /** A connection may hang without a word: it is asked now and then, and dropped when it does not answer. */
  private watchPulse(subscriber: Subscriber): void {
    this.timer?.cancel();
    this.timer = systemClock.after(pulse, () => {
      if (subscriber !== this.subscriber) return;
      if (subscriber.status === 'ready' && !this.sharded) {
        const late = systemClock.after(pulse, () => this.redial(subscriber));
        const answered = () => late.cancel();
        subscriber.ping().then(answered, answered);
      }
      this.watchPulse(subscriber);
    });
  }

  private redial(subscriber: Subscriber): void {
    if (subscriber === this.subscriber) subscriber.disconnect(true);
  }

  private hear(name: string, text: string): void {
    const channel = this.channels.get(name);
    if (!channel) return;
    const { about, ears } = channel;
    if (about.kind === 'jobs') {
      for (const local of text.split(' ')) {
        const id = idOf(about.lane, local);
        for (const { jobs, hear } of [...ears]) if (jobs.has(id)) hear({ topic: 'job', id });
      }
      return;
    }
    const hint = hintOf(about, text);
    for (const { hear } of [...ears]) hear(hint);
  }

  private tellAll(): void {
    const ears = new Set([...this.channels.values()].flatMap((channel) => [...channel.ears]));
    for (const { hear } of ears) hear({ topic: 'any' });
    const about = [...this.channels.values()].map((channel) => channel.about);
    void this.callOut(about.flatMap((one) => (one.kind === 'work' ? [one.lane] : [])));
  }

  /** Somebody sleeps on these lanes: whoever brings work shall call out. */
  private async callOut(lanes: Lane[]): Promise<void> {
    const { connection, keys } = this.lanes;
    const call = (lane: Lane) => connection.ask((client) => client.hset(keys.of(lane, 'm'), 'sleepers', '1'));
    await Promise.all(lanes.map(call)).catch(() => {});
  }
}

function hintOf(about: Exclude<About, { kind: 'jobs' }>, text: string): Hint {
  if (about.kind === 'schedules') return { topic: 'schedules' };
  return { topic: text === 'cancelled' ? 'cancelled' : 'ready', lane: about.lane };
}
