export { memory, type MemoryOptions } from './memory-store.js';
