import { availableParallelism } from 'node:os';
import type { Piscina } from 'piscina';
import { ConfigInvalid } from '../job/errors.js';

type RunOptions = NonNullable<Parameters<Piscina['run']>[1]>;

/**
 * Worker threads, at most one per CPU. They, and the package behind them, are loaded with the first use, so that who
 * needs none need not install it.
 */
export class ThreadPool {
  private opened?: Promise<Piscina>;

  /** `asker` is who needs the package, for the error that says so: `` `thread` of a task ``. */
  constructor(
    private readonly option: string,
    private readonly asker: string,
  ) {}

  /** Loads the module `filename` in a free thread and calls its default export with `payload`. */
  async run(payload: unknown, options: RunOptions & { filename: string }): Promise<unknown> {
    const pool = await (this.opened ??= this.open());
    return (await pool.run(payload, options)) as unknown;
  }

  /** Terminates what still runs. */
  async close(): Promise<void> {
    const pool = await this.opened?.catch(() => undefined);
    await pool?.destroy();
  }

  private async open(): Promise<Piscina> {
    const { Piscina } = await import('piscina').catch(() => {
      throw new ConfigInvalid(this.option, `${this.asker} needs the package piscina: npm install piscina.`);
    });
    return new Piscina({ minThreads: 0, maxThreads: availableParallelism() });
  }
}
