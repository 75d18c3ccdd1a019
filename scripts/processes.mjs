import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setInterval } from 'node:timers';

/** Milliseconds a child may take to stop by itself; longer than the worker's grace. */
const patience = 40_000;

/** Child processes that live and die together. */
export class Processes {
  #running = new Map();
  #stoppingSince = 0;

  /** Starts a Node program; the promise resolves with what it says once it serves, and rejects when it ends before. */
  start(name, file, { args = [], execArgv = [] } = {}) {
    // A group of its own: a Ctrl-C in the terminal reaches only this process, which then asks each child once.
    const detached = process.platform !== 'win32';
    const child = fork(file, args, { execArgv, detached, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', (line) => console.log(`${name.padEnd(7)} │ ${line}`));
    }
    const ended = new Promise((resolve) => child.once('close', resolve));
    this.#running.set(child, ended);
    void ended.then((code) => this.#afterEnd(name, child, code));
    const ready = new Promise((resolve, reject) => {
      child.on('message', (message) => message?.ready && resolve(message.ready));
      void ended.then(() => reject(new Error(`${name} ended before it was ready`)));
    });
    // Not everybody waits for it, and `#afterEnd` says so in any case.
    ready.catch(() => {});
    return ready;
  }

  /** Asks every child to stop, waits for them, and ends this process with `code`. */
  async stop(code) {
    if (this.#stoppingSince) return;
    this.#stoppingSince = Date.now();
    for (const child of this.#running.keys()) child.kill('SIGTERM');
    setTimeout(() => this.#kill(), patience).unref();
    await Promise.all(this.#running.values());
    process.exit(code);
  }

  /** The first signal stops gently, another one a second later at once. npm passes on what the terminal has sent already. */
  stopOnSignals() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        if (!this.#stoppingSince) console.log('\nStopping: running jobs may finish. Again to stop at once.');
        else if (Date.now() - this.#stoppingSince > 1000) process.exit(1);
        void this.stop(0);
      });
    }
    process.on('exit', () => this.#kill());
    this.#stopWithParent();
  }

  /** A signal sent to npm alone ends its shell, which passes nothing on. */
  #stopWithParent() {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && this.stop(0), 250).unref();
  }

  #kill() {
    for (const child of this.#running.keys()) child.kill('SIGKILL');
  }

  #afterEnd(name, child, code) {
    this.#running.delete(child);
    if (this.#stoppingSince) return;
    console.error(`${name} ended by itself (${code ?? 'killed'}), so everything stops.`);
    void this.stop(code || 1);
  }
}
