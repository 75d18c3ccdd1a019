import { join } from 'node:path';
import { type Child, startChild } from '../support/children.js';
import type { SchedulesVerbs } from './participant.js';

export type Member = Child<SchedulesVerbs>;

export function startMember(): Member {
  return startChild<SchedulesVerbs>(join(import.meta.dirname, 'participant.js'));
}

/** Boots at the same time, of which each keeps a core busy for a second. */
const abreast = 4;
/** In a row, the last of which must succeed. */
const boots = 10;

/** Processes that fire. Some may be frozen, some away until they are back. */
export class Fleet {
  /** Those that work. */
  readonly awake = new Set<Member>();
  readonly frozen = new Set<Member>();
  /** `failed`: boots that another one had to follow, as when a frozen process holds the file. */
  readonly counts = { killed: 0, restarted: 0, failed: 0, frozen: 0 };
  private readonly returning = new Set<Promise<unknown>>();

  constructor(
    private readonly url: string,
    private readonly size: number,
  ) {}

  /** Tells how many are up. */
  async start(progress: (up: number) => void): Promise<void> {
    let begun = 0;
    const row = async () => {
      while (begun++ < this.size) {
        await this.join();
        progress(this.awake.size);
      }
    };
    await Promise.all(Array.from({ length: abreast }, row));
  }

  /** Ends one without a word; another takes its place after a while. */
  kill(member: Member, awayFor: number): void {
    this.awake.delete(member);
    process.kill(member.pid, 'SIGKILL');
    this.counts.killed++;
    this.later(awayFor, () => this.rejoin());
  }

  /** Stops one in the middle of whatever it does, and lets it go on later. */
  freeze(member: Member, duration: number): void {
    this.awake.delete(member);
    this.frozen.add(member);
    process.kill(member.pid, 'SIGSTOP');
    this.counts.frozen++;
    this.later(duration, async () => {
      process.kill(member.pid, 'SIGCONT');
      this.frozen.delete(member);
      this.awake.add(member);
    });
  }

  /** Until all are awake. */
  async whole(): Promise<void> {
    while (this.returning.size > 0) await Promise.all(this.returning);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.awake, ...this.frozen].map((member) => member.stop()));
  }

  private async join(): Promise<void> {
    const member = startMember();
    await member.ask('openScheduler', this.url);
    this.awake.add(member);
  }

  /** As a supervisor does: a process that could not start is started again. */
  private async rejoin(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.join();
        this.counts.restarted++;
        return;
      } catch (error) {
        if (tries === boots) throw error;
        this.counts.failed++;
      }
    }
  }

  private later(ms: number, act: () => Promise<void>): void {
    const returned = new Promise((resolve) => setTimeout(resolve, ms)).then(act);
    this.returning.add(returned);
    void returned.finally(() => this.returning.delete(returned));
  }
}
