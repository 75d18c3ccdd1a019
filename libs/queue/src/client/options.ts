import type { Events } from '../events/events.js';
import type { Codec } from '../job/envelope.js';
import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import type { Store } from '../store/store.js';
import { checkDuration, checkTaskOptions, checkWhole } from '../task/check-task-options.js';
import type { TaskOptions } from '../task/definition.js';
import type { Clock } from '../time/clock.js';
import type { Duration } from '../time/duration.js';
import { checkRoutes, type TaskRoutes } from './routes.js';

/** What a queue client needs. Plain TypeScript: it opens no store and closes none. */
export interface QueueOptions {
  /** Open. */
  store: Store;
  /** Default: the machine's own time. */
  clock?: Clock;
  /** Where facts are announced. Default: nowhere. */
  events?: Events;
  /** Compresses or encrypts payloads and results. Workers need the same. */
  codec?: Codec;
  /** Task options that hold where nobody else says anything. */
  defaults?: TaskOptions;
  /** Task options that win over the contract's, by name or prefix: `{ 'reports.*': { queue: 'slow' } }`. */
  overrides?: Record<string, TaskOptions>;
  /** The queue of tasks whose contract and overrides name none. Workers need the same. */
  routes?: TaskRoutes;
  /** How long an enqueue waits for a store that is away. Default `'5s'`; then `StoreUnavailable`. */
  enqueueTimeout?: Duration;
  /** Bytes an encoded payload may take. Default 256 KiB, at most 1 MiB; beyond it `PayloadTooLarge`. */
  payloadLimit?: number;
  /** Called with every job before it is stored; may add headers and tags. */
  onEnqueue?: EnqueueHook;
}

/** A job about to be stored. What is changed here travels with it. */
export type EnqueueHook = (job: {
  readonly task: string;
  readonly payload: unknown;
  headers: Record<string, string>;
  tags: string[];
}) => void;

const known = [
  'store',
  'clock',
  'events',
  'codec',
  'defaults',
  'overrides',
  'routes',
  'enqueueTimeout',
  'payloadLimit',
  'onEnqueue',
];

/** Throws `ConfigInvalid` at the first option that is unknown or out of range. */
export function checkQueueClient(options: QueueOptions): void {
  checkOptions('', options, known);
  checkTaskOptions('defaults', options.defaults ?? {});
  for (const [name, override] of Object.entries(options.overrides ?? {}))
    checkTaskOptions(`overrides.${name}`, override);
  if (options.routes !== undefined) checkRoutes(options.routes);
  if (options.enqueueTimeout !== undefined) checkDuration('enqueueTimeout', options.enqueueTimeout, 1);
  if (options.payloadLimit !== undefined) checkWhole('payloadLimit', options.payloadLimit, 1, limits.payloadCeiling);
}
