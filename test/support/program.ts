import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A Node program in a process of its own. */
export class Program {
  private constructor(
    readonly file: string,
    private readonly child: ChildProcess,
    /** How it ended: the exit code, or the signal. */
    readonly ended: Promise<number | NodeJS.Signals>,
    private readonly lines: string[],
  ) {}

  static start(file: string, env: Record<string, string>): Program {
    if (!existsSync(file)) throw new Error(`There is no ${file}. Build first: npm run build, or npm test.`);
    const child = fork(file, [], {
      env: { PATH: process.env.PATH, NO_COLOR: '1', ...env },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const lines: string[] = [];
    for (const output of [child.stdout!, child.stderr!])
      output.on('data', (text: Buffer) => lines.push(text.toString()));
    const ended = new Promise<number | NodeJS.Signals>((resolve) => {
      child.once('close', (code, signal) => resolve(code ?? signal ?? -1));
    });
    return new Program(file, child, ended, lines);
  }

  /** Resolves with what it says once it serves. */
  get ready(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.child.on('message', (message) => resolve((message as { ready: string }).ready));
      void this.ended.then((how) => reject(new Error(`${this.file} ended (${how}):\n${this.output}`)));
    });
  }

  get output(): string {
    return this.lines.join('');
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Asks it to stop and waits until it has. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }
}
