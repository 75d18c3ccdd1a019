import { AsyncLocalStorage } from 'node:async_hooks';
import type { WorkerModuleOptions } from './worker-options.js';

/** What a command line says of the workers booted inside it; wins over the options of their modules. */
export const workerOverrides = new AsyncLocalStorage<WorkerModuleOptions>();
