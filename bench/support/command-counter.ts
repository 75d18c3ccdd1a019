import { RedisProbe } from './redis-probe.js';
import { ScriptMonitor } from './script-monitor.js';

export interface Commands {
  /** Executed by the server, inside scripts or not. */
  all: number;
  /** Of these, sent by clients. */
  sent: number;
}

/** Counts what a server executes, exactly. Its own commands are left out. */
export class CommandCounter {
  private constructor(
    private readonly probe: RedisProbe,
    private readonly monitor: ScriptMonitor,
  ) {}

  static async start(url: string): Promise<CommandCounter> {
    const monitor = await ScriptMonitor.start(Number(new URL(url).port));
    return new CommandCounter(new RedisProbe(url), monitor);
  }

  async during(work: () => Promise<unknown>): Promise<Commands> {
    const before = await this.read();
    await work();
    const after = await this.read();
    return { all: after.all - before.all, sent: after.sent - before.sent };
  }

  async stop(): Promise<void> {
    this.monitor.stop();
    await this.probe.close();
  }

  private async read(): Promise<Commands> {
    const all = await this.probe.calls();
    return { all, sent: all - (await this.monitor.count(this.probe)) };
  }
}
