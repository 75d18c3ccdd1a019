import type { Stage, Step, StoreKind, Turn } from '../scenario.js';
import { openPlace } from './places.js';

/** A stage that opens real stores, and clears up after each turn. */
export function realStage(progress: (step: Step) => void): Stage {
  return {
    play: (scenario, store, contestant, jobs) => inTurn(store, { contestant, jobs }, (turn) => scenario.measure(turn)),
    progress,
  };
}

async function inTurn<T>(
  store: StoreKind,
  given: Pick<Turn, 'contestant' | 'jobs'>,
  measure: (turn: Turn) => Promise<T>,
): Promise<T> {
  const endings: (() => unknown)[] = [];
  const place = await openPlace(store);
  try {
    return await measure({
      ...given,
      store,
      url: place.url,
      part: (store, measure) => inTurn(store, given, measure),
      onEnd: (clearUp) => void endings.push(clearUp),
    });
  } finally {
    for (const clearUp of endings.reverse()) await clearUp();
    await place.close();
  }
}
