import type { Store } from 'millrace';

/** Counts the milliseconds that firing waits for the store. */
export class Stopwatch {
  spent = 0;

  /** The same store, its calls timed. */
  watch(store: Store): Store {
    store.schedules = this.timed(store.schedules.bind(store));
    store.fire = this.timed(store.fire.bind(store));
    return store;
  }

  private timed<G extends unknown[], T>(call: (...given: G) => Promise<T>): (...given: G) => Promise<T> {
    return async (...given) => {
      const began = performance.now();
      try {
        return await call(...given);
      } finally {
        this.spent += performance.now() - began;
      }
    };
  }
}
