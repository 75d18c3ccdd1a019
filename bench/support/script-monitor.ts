import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { RedisProbe } from './redis-probe.js';
import { soon } from './time.js';

/** Counts the commands that scripts execute: those a MONITOR connection shows as coming from `lua`. */
export class ScriptMonitor {
  private inScripts = 0;
  private readonly marks = new Map<string, () => void>();

  private constructor(private readonly socket: Socket) {
    createInterface({ input: socket }).on('line', (line) => this.hear(line));
  }

  static async start(port: number): Promise<ScriptMonitor> {
    const socket = connect({ port, host: '127.0.0.1' });
    const monitor = new ScriptMonitor(socket);
    const listening = new Promise<void>((resolve, reject) => {
      monitor.marks.set('+OK', resolve);
      socket.once('error', reject);
    });
    socket.write('MONITOR\r\n');
    await soon('MONITOR', listening);
    return monitor;
  }

  /** Of all that the server has executed by now. */
  async count(probe: RedisProbe): Promise<number> {
    const mark = randomUUID();
    const seen = new Promise<void>((resolve) => this.marks.set(mark, resolve));
    await probe.say(mark);
    await soon('What MONITOR shows', seen);
    return this.inScripts;
  }

  stop(): void {
    this.socket.destroy();
  }

  private hear(line: string): void {
    if (/^\+[\d.]+ \[\d+ lua\] /.test(line.slice(0, 40))) this.inScripts++;
    else if (line.length < 200) this.reach(line);
  }

  private reach(line: string): void {
    for (const [text, resolve] of this.marks) {
      if (!line.includes(text)) continue;
      this.marks.delete(text);
      resolve();
    }
  }
}
