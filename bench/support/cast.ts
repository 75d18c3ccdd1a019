import { join } from 'node:path';
import type { ParticipantVerbs } from '../participant.js';
import type { Program } from '../participants/programs.js';
import type { Turn } from '../scenario.js';
import { type Child, startChild } from './children.js';

export type Actor = Child<ParticipantVerbs>;

export interface CastOptions {
  /** Default: the contestant's own. */
  program?: Program;
  /** Default: where the turn's jobs live. */
  url?: string;
  /** Finished jobs stay. Default false. */
  keep?: boolean;
  /** Producer and worker are one process. Default: only where the store is in memory. */
  together?: boolean;
}

/** The processes of one contestant in one turn: each role has its own, unless they must share one. */
export class Cast {
  private readonly program: Program;
  private readonly opening: { url: string; keep: boolean };
  private readonly only?: Actor;

  constructor(
    private readonly turn: Turn,
    {
      program = turn.contestant as Program,
      url = turn.url,
      keep = false,
      together = url === 'memory:',
    }: CastOptions = {},
  ) {
    this.program = program;
    this.opening = { url, keep };
    if (together) this.only = this.start();
  }

  /** Who adds jobs. */
  producer(): Promise<Actor> {
    return this.openProducer(this.only ?? this.start());
  }

  /** Who looks on and times, in a process that neither adds nor runs jobs, where the store lets others in. */
  observer(): Promise<Actor> {
    return this.openProducer(this.opening.url === 'memory:' ? this.only! : this.start());
  }

  /** Who runs jobs. It is ready when it answers, and may have begun. */
  async worker(concurrency: number): Promise<Actor> {
    const actor = this.only ?? this.start();
    await actor.ask('openWorker', { ...this.opening, concurrency });
    return actor;
  }

  private async openProducer(actor: Actor): Promise<Actor> {
    await actor.ask('openProducer', this.opening);
    return actor;
  }

  private start(): Actor {
    const actor: Actor = startChild(join(import.meta.dirname, '..', 'participant.js'), [this.program]);
    this.turn.onEnd(() => actor.stop());
    return actor;
  }
}
