import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Another process on the same file. It is told what to do in JavaScript, where `store` is open, and answers line by line. */
export class Neighbour {
  private readonly lines: AsyncIterator<string>;

  private constructor(private readonly child: ChildProcess) {
    this.lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** `door` is the compiled store, see compile.ts. */
  static start(folder: string, door: string, path: string, script: string): Neighbour {
    const program = join(folder, `neighbour-${process.hrtime.bigint()}.mjs`);
    writeFileSync(
      program,
      `process.stdin.on('end', () => process.exit(1)).resume().unref(); // whoever started it is gone
       import { sqlite } from ${JSON.stringify(pathToFileURL(door).href)};
       const say = (line) => process.stdout.write(line + '\\n');
       const id = (n) => 'mill~0~' + process.pid.toString(32).replace(/[ilou]/g, 'z').padStart(8, '0') + String(n).padStart(16, '0');
       const lane = { queue: 'mill', shard: 0 };
       const store = sqlite({ path: ${JSON.stringify(path)} });
       await store.open();
       ${script}`,
    );
    return new Neighbour(spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** The next line it says, or `undefined` when it has ended. */
  async says(): Promise<string | undefined> {
    const next = await this.lines.next();
    return next.done ? undefined : next.value;
  }

  /** As the operating system does it: no handler runs. Answers what it had said that nobody heard yet. */
  async kill(): Promise<string[]> {
    const ended = this.child.exitCode === null && this.child.signalCode === null ? once(this.child, 'exit') : undefined;
    this.child.kill('SIGKILL');
    await ended;
    const rest: string[] = [];
    for (let line = await this.says(); line !== undefined; line = await this.says()) rest.push(line);
    return rest;
  }
}
