import type { Scenario } from '../scenario.js';
import { add, addBulk, addConcurrent } from './add.js';
import { latency, latencyLoaded } from './latency.js';
import { process1, process10, process100, processKeep100, processNest100 } from './process.js';

/** In the order they are run and shown. */
export const scenarios: readonly Scenario[] = [
  add,
  addConcurrent,
  addBulk,
  process1,
  process10,
  process100,
  processKeep100,
  processNest100,
  latency,
  latencyLoaded,
];
