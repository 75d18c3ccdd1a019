export { describeStore } from './describe-store.js';
export type { MakeStore } from './stage.js';
export { compareWithMemory, type CompareOptions } from './model.js';
