import { StoreUnavailable } from '../../job/errors.js';
import type { Store } from '../../store/store.js';

type Verb = { [K in keyof Store]-?: Store[K] extends (...args: never[]) => Promise<unknown> ? K : never }[keyof Store];

/** Faults on demand, between a worker and its store. */
export class Faults {
  /** Nothing gets through. */
  away = false;
  /** Every call of a verb, in order. */
  readonly calls: { verb: string; args: unknown[] }[] = [];
  private readonly next = new Map<string, 'refuse' | 'lose the answer' | 'hang'>();
  private waiting: (() => void)[] = [];

  /** The next call of `verb` does not arrive; or it is done and its answer lost; or it never answers. */
  once(verb: Verb, fault: 'refuse' | 'lose the answer' | 'hang'): void {
    this.next.set(verb, fault);
  }

  /** Resolves when no fault is left to happen. */
  async happened(): Promise<void> {
    while (this.next.size > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  count(verb: Verb): number {
    return this.calls.filter((call) => call.verb === verb).length;
  }

  wrap = (store: Store): Store =>
    new Proxy(store, {
      get: (target, verb: string) => {
        const found: unknown = Reflect.get(target, verb);
        if (typeof found !== 'function') return found;
        return (...args: unknown[]) => this.call(target, verb, found as (...args: unknown[]) => Promise<unknown>, args);
      },
    });

  private async call(store: Store, verb: string, run: (...args: unknown[]) => Promise<unknown>, args: unknown[]) {
    this.calls.push({ verb, args });
    const lost = new StoreUnavailable(store.url, { cause: new Error('connection lost') });
    const fault = this.next.get(verb);
    this.next.delete(verb);
    if (fault) for (const told of this.waiting.splice(0)) told();
    if (fault === 'refuse' || (this.away && verb !== 'close')) throw lost;
    if (fault === 'hang') return new Promise(() => undefined);
    const answer = await run.apply(store, args);
    if (fault === 'lose the answer') throw lost;
    return answer;
  }
}
