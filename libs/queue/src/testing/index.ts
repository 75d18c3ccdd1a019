/** What tests need: a clock turned by hand, a store in memory, and a driver for the queues of an application. */
export { memory } from '../store/memory/index.js';
export { ManualClock } from '../time/manual-clock.js';
export { type Performed, type PerformOptions, QueueTester } from './queue-tester.js';
export { testingQueue, type TestingQueue } from './testing-queue.js';
