import { QUEUE_CLOCK, QUEUE_STORE } from '../nest/tokens.js';
import { memory } from '../store/memory/index.js';
import type { Store } from '../store/store.js';
import { ManualClock } from '../time/manual-clock.js';

/** The part of `Test.createTestingModule(…)` that is needed here. */
interface Builder {
  overrideProvider(token: unknown): { useValue(value: unknown): unknown };
}

export interface TestingQueue {
  store: Store;
  clock: ManualClock;
  /** Puts store and clock in the place of the application's own, whatever its `forRootAsync` says. Answers the builder. */
  override<B extends Builder>(builder: B): B;
}

/**
 * A memory store on a clock that stands still, for an application under test:
 * `const app = await testingQueue().override(Test.createTestingModule({ imports: [AppModule] })).compile()`.
 */
export function testingQueue(start?: number | string | Date): TestingQueue {
  const clock = new ManualClock(start);
  const store = memory({ clock });
  return {
    store,
    clock,
    override(builder) {
      builder.overrideProvider(QUEUE_STORE).useValue(store);
      builder.overrideProvider(QUEUE_CLOCK).useValue(clock);
      return builder;
    },
  };
}
