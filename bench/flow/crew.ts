import { join } from 'node:path';
import type { Turn } from '../scenario.js';
import { type Child, startChild } from '../support/children.js';
import type { FlowVerbs, Limits, Load } from './participant.js';
import type { Start } from './starts.js';

type Member = Child<FlowVerbs>;

/** Milliseconds for a call that adds all jobs, or works them off. */
const longest = 1_800_000;

/** The processes of one measurement: one that adds jobs, and workers, which know the same limits. */
export class Crew {
  private readonly workers: Member[] = [];

  private constructor(
    private readonly turn: Turn,
    private readonly limits: Limits,
    private readonly producer: Member,
  ) {}

  static async open(turn: Turn, limits: Limits = {}): Promise<Crew> {
    const producer = start(turn);
    await producer.ask('openProducer', turn.url, limits);
    return new Crew(turn, limits, producer);
  }

  add(load: Load): Promise<void> {
    return this.producer.askWithin(longest, 'add', load);
  }

  /** They are ready when it resolves, and may have begun. */
  async work(processes: number, concurrency: number): Promise<void> {
    const { turn, limits, workers } = this;
    const members = Array.from({ length: processes }, () => start(turn));
    workers.push(...members);
    await Promise.all(members.map((member) => member.ask('openWorker', turn.url, limits, concurrency)));
  }

  /** Settled jobs per second until none is left, the first fifth left out. */
  async drain(jobs: number): Promise<number> {
    return (await this.producer.askWithin(longest, 'drain', { jobs })).perSecond;
  }

  /** What has begun since this was asked last, in the order it was claimed. */
  async starts(): Promise<Start[]> {
    const starts = await Promise.all(this.workers.map((worker) => worker.ask('starts')));
    return starts.flat().sort((a, b) => a.claimed - b.claimed);
  }
}

function start(turn: Turn): Member {
  const member = startChild<FlowVerbs>(join(import.meta.dirname, 'participant.js'));
  turn.onEnd(() => member.stop());
  return member;
}
