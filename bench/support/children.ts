import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Question, Verbs } from './serve.js';

type AnswerOf<V extends Verbs, K extends keyof V> = Promise<Awaited<ReturnType<V[K]>>>;

/** A process of the benchmark that does what it is asked, one verb at a time or several. */
export interface Child<V extends Verbs> {
  readonly pid: number;
  /** Rejects when the child says so, when it ends, or after two minutes. */
  ask<K extends keyof V & string>(verb: K, ...given: Parameters<V[K]>): AnswerOf<V, K>;
  /** The same with another limit, in milliseconds. */
  askWithin<K extends keyof V & string>(limit: number, verb: K, ...given: Parameters<V[K]>): AnswerOf<V, K>;
  /** Lets it go; one that has not ended after 10 s is ended. */
  stop(): Promise<void>;
}

/** The Redis of a benchmark keeps nothing on disk, and who warns of that is right and need not. */
const execArgv = ['--disable-warning=MillraceWarning'];

const living = new Set<ChildProcess>();

/** Ends every child at once: for the way out. */
export function endChildren(): void {
  for (const child of living) child.kill('SIGKILL');
}

/** Starts a program that calls `serve`. Its standard output goes to our error output, as ours is for figures. */
export function startChild<V extends Verbs>(program: string, args: readonly string[] = []): Child<V> {
  const child = fork(program, args, { stdio: ['ignore', 2, 2, 'ipc'], execArgv });
  living.add(child);
  child.once('exit', () => living.delete(child));
  const open = new Questions(child);
  return {
    pid: child.pid!,
    ask: (verb, ...given) => open.ask(120_000, verb, given) as never,
    askWithin: (limit, verb, ...given) => open.ask(limit, verb, given) as never,
    stop: () => stop(child),
  };
}

/** What was asked and is not answered yet. */
class Questions {
  private readonly open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private asked = 0;

  constructor(private readonly child: ChildProcess) {
    child.on('message', (answer: Answer) => this.settle(answer));
    child.on('error', (error) => this.giveUp(error));
    child.once('exit', (code, signal) => this.giveUp(new Error(`A child ended with ${signal ?? `code ${code}`}.`)));
  }

  async ask(limit: number, verb: string, given: unknown[]): Promise<unknown> {
    if (!this.child.connected) throw new Error(`A child that has ended was asked to '${verb}'.`);
    const id = ++this.asked;
    const late = setTimeout(() => this.settle({ id, error: `'${verb}' took more than ${limit / 1000} s.` }), limit);
    try {
      return await new Promise((resolve, reject) => {
        this.open.set(id, { resolve, reject });
        this.child.send({ id, verb, given } satisfies Question);
      });
    } finally {
      clearTimeout(late);
    }
  }

  private settle(answer: Answer): void {
    const question = this.open.get(answer.id);
    this.open.delete(answer.id);
    if ('error' in answer) question?.reject(new Error(answer.error));
    else question?.resolve(answer.value);
  }

  private giveUp(error: Error): void {
    for (const { reject } of this.open.values()) reject(error);
    this.open.clear();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  if (child.connected) child.disconnect();
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(late);
}
