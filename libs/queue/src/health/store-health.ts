import type { Store } from '../store/store.js';
import { systemClock } from '../time/clock.js';

/** How long a store may take to answer, in real milliseconds: probes have deadlines of their own. */
const deadline = 1000;

/** What is wrong with a store, in a sentence, or nothing. Never rejects. */
export async function troubleOf(store: Store): Promise<string | undefined> {
  const over = new AbortController();
  try {
    const late = systemClock.sleep(deadline, over.signal).then(() => 'late' as const);
    const answer = await Promise.race([store.time(), late]);
    return answer === 'late' ? `${store.url} did not answer within ${deadline} ms` : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    over.abort();
  }
}
