import { hostname } from 'node:os';
import { randomBytes } from 'node:crypto';
import { type Bytes, parseBytes } from '../job/bytes.js';
import { ConfigInvalid } from '../job/errors.js';
import { isQueueName } from '../job/id.js';
import { limits } from '../job/limits.js';
import { checkOptions, nearestName } from '../job/options.js';
import { type Duration, parseDuration } from '../time/duration.js';
import type { Concurrency, QueueConcurrency, WorkerOptions } from './options.js';
import type { TaskTable } from './task-table.js';

/** Places of a queue, at least and at most: the same number where it is fixed. */
export interface PlaceRange {
  min: number;
  max: number;
}

/** Worker options, checked, with every default filled in. Durations are milliseconds. */
export interface WorkerSettings {
  name: string;
  /** Places per queue; of one with a weight, those that are shared. */
  queues: Map<string, PlaceRange>;
  /** Weights of the queues that share places. */
  weights: Map<string, number>;
  lease: number;
  /** For as long the lease is kept while code blocks the event loop. */
  maxBlock: number;
  grace: number;
  /** Longest wait between two looks at the store. */
  idle: number;
  unknownTaskAfter: number;
  maxJobs: number;
  /** Ends so that it is started anew, after so many jobs and above so many bytes. */
  recycle: { jobs: number; memory: number };
  /** Jobs that may be claimed before there is a place for them. */
  prefetch: number | 'auto';
}

const shortestLease = 500;

/** Throws `ConfigInvalid` with the dotted name of the option. */
export function settingsOf(options: WorkerOptions, tasks: TaskTable): WorkerSettings {
  const lease = duration('lease', options.lease, limits.lease);
  if (lease < shortestLease) throw invalid('lease', `lease is ${lease} ms; it must be at least ${shortestLease} ms.`);
  return {
    name: options.name ?? hostname(),
    ...queuesOf(options, tasks),
    lease,
    maxBlock: duration('maxBlock', options.maxBlock, 60_000),
    grace: duration('shutdown.grace', options.shutdown?.grace, 30_000),
    // A look is also a beat, and those come every third of the lease at least.
    idle: Math.min(lease / 3, Math.max(1, duration('idle', options.idle, 1000))),
    unknownTaskAfter: duration('unknownTaskAfter', options.unknownTaskAfter, 24 * 3600 * 1000),
    maxJobs: count('maxJobs', options.maxJobs ?? Infinity, Infinity),
    recycle: {
      jobs: count('recycle.jobs', options.recycle?.jobs ?? Infinity, Infinity),
      memory: bytes('recycle.memory', options.recycle?.memory),
    },
    prefetch: prefetchOf(options.prefetch),
  };
}

function prefetchOf(prefetch: WorkerOptions['prefetch'] = 'auto'): number | 'auto' {
  return prefetch === 'auto' || prefetch === 0 ? prefetch : count('prefetch', prefetch, limits.batch);
}

/** Names one incarnation of a worker, `name.host.pid.random`; never made twice. */
export function createWorkerId(name: string, host = hostname()): string {
  const at = name === host ? [name] : [name, host];
  const safe = at.map((part) => part.replace(/[^A-Za-z0-9_.-]/g, '-').slice(0, 40));
  return [...safe, process.pid, randomBytes(6).toString('hex')].join('.');
}

/** Throws `ConfigInvalid` unless it is a whole number from 1 to 10 000, or a least and a most of that kind. */
export function rangeOf(option: string, concurrency: Concurrency): PlaceRange {
  if (typeof concurrency !== 'object') {
    const places = count(option, concurrency, limits.concurrency);
    return { min: places, max: places };
  }
  checkOptions(option, concurrency, ['min', 'max']);
  const max = count(`${option}.max`, concurrency.max, limits.concurrency);
  return { min: count(`${option}.min`, concurrency.min, max), max };
}

function queuesOf(options: WorkerOptions, tasks: TaskTable): Pick<WorkerSettings, 'queues' | 'weights'> {
  const named: Record<string, QueueConcurrency> =
    options.queues ?? Object.fromEntries(tasks.queues.map((queue) => [queue, {}]));
  const queues = new Map<string, PlaceRange>();
  const weights = new Map<string, number>();
  for (const [queue, own] of Object.entries(named)) {
    if (!isQueueName(queue)) throw invalid(`queues.${queue}`, `'${queue}' cannot name a queue.`);
    const { concurrency, weight } = typeof own === 'number' ? { concurrency: own } : own;
    queues.set(queue, rangeOf(`queues.${queue}.concurrency`, concurrency ?? options.concurrency ?? 10));
    if (weight !== undefined) weights.set(queue, weightOf(queue, weight, concurrency));
  }
  for (const queue of options.except ?? []) {
    except(queues, queue);
    weights.delete(queue);
  }
  if (queues.size === 0 && !isEmpty(options.queues))
    throw invalid('queues', 'This worker serves no queue: name one, or give it a handler.');
  return { queues, weights };
}

function weightOf(queue: string, weight: number, concurrency: Concurrency | undefined): number {
  const option = `queues.${queue}.weight`;
  if (concurrency === undefined) return count(option, weight, limits.weight);
  throw invalid(option, `${option}: a queue shares places by its weight, or has a concurrency of its own; not both.`);
}

/** `queues: {}`: a worker that only fires schedules. */
function isEmpty(queues: WorkerOptions['queues']): boolean {
  return queues !== undefined && Object.keys(queues).length === 0;
}

function except(places: Map<string, PlaceRange>, queue: string): void {
  if (places.delete(queue)) return;
  const nearest = nearestName(queue, places.keys());
  throw invalid('except', `'${queue}' is not served anyway.${nearest ? ` Did you mean '${nearest}'?` : ''}`);
}

function duration(option: string, value: Duration | undefined, standard: number): number {
  const ms = value === undefined ? standard : parseDuration(value);
  if (ms === undefined || ms < 0)
    throw invalid(option, `${option} is '${String(value)}'; write '30s', or milliseconds.`);
  return ms;
}

function bytes(option: string, value: Bytes | undefined): number {
  const amount = value === undefined ? Infinity : parseBytes(value);
  if (amount === undefined) throw invalid(option, `${option} is '${String(value)}'; write '512MB', or bytes.`);
  return amount;
}

function count(option: string, value: number, most: number): number {
  if ((Number.isInteger(value) || value === Infinity) && value >= 1 && value <= most) return value;
  throw invalid(option, `${option} is ${value}; it must be a whole number from 1 to ${most}.`);
}

const invalid = (option: string, message: string) => new ConfigInvalid(option, message);
