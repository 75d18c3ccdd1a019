import type { Scenario } from '../scenario.js';
import { add, addBulk, addConcurrent } from './add.js';
import { backlog } from './backlog.js';
import { boot } from './boot.js';
import { commands } from './commands.js';
import { delayed } from './delayed.js';
import { embedded } from './embedded.js';
import { floor } from './floor.js';
import { fair, groups, limiter, saturated } from './flow.js';
import { http } from './http.js';
import { latency, latencyLoaded } from './latency.js';
import { memory } from './memory.js';
import { process1, process10, process100, processKeep100, processNest100 } from './process.js';
import { redisCpu } from './redis-cpu.js';
import { rtt } from './rtt.js';
import { run } from './run.js';
import { schedule, scheduleMany, schedulePut } from './schedules.js';
import { workers } from './workers.js';

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
  run,
  delayed,
  backlog,
  memory,
  redisCpu,
  commands,
  workers,
  rtt,
  boot,
  embedded,
  floor,
  http,
  schedule,
  schedulePut,
  scheduleMany,
  limiter,
  groups,
  saturated,
  fair,
];
