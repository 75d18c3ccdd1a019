import type { Sample, Scenario, Stage, Step, StoreKind, Turn } from '../scenario.js';
import { openPlace } from './places.js';

/** A stage that opens real stores and closes them after each turn. */
export function realStage(progress: (step: Step) => void): Stage {
  return { play, progress };
}

async function play(scenario: Scenario, store: StoreKind, contestant: string, jobs: number): Promise<Sample> {
  const endings: (() => unknown)[] = [];
  const onEnd = (clearUp: () => unknown) => void endings.push(clearUp);
  const open = async (kind: StoreKind) => {
    const place = await openPlace(kind);
    onEnd(() => place.close());
    return place.url;
  };
  try {
    const turn: Turn = { contestant, store, jobs, open, onEnd, url: await open(store) };
    return await scenario.measure(turn);
  } finally {
    for (const clearUp of endings.reverse()) await clearUp();
  }
}
