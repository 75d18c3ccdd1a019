import { Redis } from 'ioredis';

/** What a Redis server says of itself. Its own questions are left out of the counts. */
export class RedisProbe {
  private readonly client: Redis;
  private own = 0;

  constructor(url: string) {
    this.client = new Redis(url, { enableReadyCheck: false, commandTimeout: 10_000 });
  }

  /** Seconds of processor time the server has used. */
  async cpuSeconds(): Promise<number> {
    const info = await this.info('cpu');
    return Number(info.get('used_cpu_user')) + Number(info.get('used_cpu_sys'));
  }

  /** Bytes the server holds, once what it can give back at once is given back. */
  async usedMemory(): Promise<number> {
    this.own++;
    await this.client.memory('PURGE');
    const info = await this.info('memory');
    return Number(info.get('used_memory'));
  }

  /** Commands that were executed so far, those inside scripts as well; differences are exact. The answer to INFO does not count that INFO yet. */
  async calls(): Promise<number> {
    const { own } = this;
    const info = await this.info('commandstats');
    let all = 0;
    for (const [name, figures] of info) {
      if (name.startsWith('cmdstat_')) all += Number(/calls=(\d+)/.exec(figures)?.[1] ?? 0);
    }
    return all - own;
  }

  /** Microseconds spent in scripts so far, with all that they call. */
  async scriptMicroseconds(): Promise<number> {
    const info = await this.info('commandstats');
    const scripts = ['eval', 'evalsha', 'fcall'].map((name) => info.get(`cmdstat_${name}`) ?? '');
    return scripts.reduce((sum, figures) => sum + Number(/usec=(\d+)/.exec(figures)?.[1] ?? 0), 0);
  }

  /** Leaves a word in the sight of a MONITOR. */
  async say(text: string): Promise<void> {
    this.own++;
    await this.client.echo(text);
  }

  async close(): Promise<void> {
    await this.client.quit();
  }

  private async info(section: string): Promise<Map<string, string>> {
    this.own++;
    const text = await this.client.info(section);
    const lines = text.split('\r\n').filter((line) => line.includes(':'));
    return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
  }
}
