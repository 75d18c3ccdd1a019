import { parseBytes } from '../job/bytes.js';
import { ConfigInvalid } from '../job/errors.js';
import { isQueueName } from '../job/id.js';
import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import { checkDuration, checkOneOf, checkThreads, checkWhole } from '../task/check-task-options.js';
import type { WorkerModuleOptions } from './worker-options.js';

const known = [
  'name',
  'queues',
  'except',
  'concurrency',
  'prefetch',
  'lease',
  'maxBlock',
  'shutdown',
  'idle',
  'burst',
  'maxJobs',
  'recycle',
  'threads',
  'unknownTaskAfter',
  'logPayloads',
  'hooks',
  'health',
  'signals',
  'tasks',
  'globalEnhancers',
  'schedules',
  'instance',
] as const satisfies readonly (keyof WorkerModuleOptions)[];

/** Throws `ConfigInvalid` at the first option of `WorkerModule` that is unknown or out of range; answers the options. */
export function checkWorkerOptions(options: WorkerModuleOptions): WorkerModuleOptions {
  checkOptions('', options, known);
  const {
    queues,
    except,
    concurrency,
    prefetch,
    lease,
    maxBlock,
    shutdown,
    idle,
    burst,
    maxJobs,
    recycle,
    threads,
    unknownTaskAfter,
    health,
    tasks,
    schedules,
  } = options;
  for (const [queue, places] of Object.entries(queues ?? {})) checkQueue(queue, places);
  for (const queue of except ?? []) checkName('except', queue);
  checkPlaces('concurrency', concurrency);
  if (prefetch !== undefined && prefetch !== 'auto') checkWhole('prefetch', prefetch, 0, limits.batch);
  if (lease !== undefined) checkDuration('lease', lease, 500);
  if (maxBlock !== undefined) checkDuration('maxBlock', maxBlock, 0);
  if (shutdown !== undefined) checkOptions('shutdown', shutdown, ['grace']);
  if (shutdown?.grace !== undefined) checkDuration('shutdown.grace', shutdown.grace, 0);
  if (idle !== undefined) checkDuration('idle', idle, 1);
  if (burst !== undefined) checkOneOf('burst', burst, ['ready', 'all']);
  checkCount('maxJobs', maxJobs, Number.MAX_SAFE_INTEGER);
  if (recycle !== undefined) checkRecycle(recycle);
  if (threads !== undefined) checkOwnThreads(threads);
  if (unknownTaskAfter !== undefined) checkDuration('unknownTaskAfter', unknownTaskAfter, 0);
  if (health) {
    checkOptions('health', health, ['port', 'host']);
    checkWhole('health.port', health.port, 0, 65_535);
  }
  if (tasks !== undefined) checkOptions('tasks', tasks, ['only', 'except']);
  if (schedules !== undefined && typeof schedules !== 'boolean') checkOwner(schedules);
  return options;
}

function checkOwner(schedules: { owner?: unknown }): void {
  checkOptions('schedules', schedules, ['owner']);
  const { owner } = schedules;
  if (owner === undefined || (typeof owner === 'string' && /^[!-~]{1,100}$/.test(owner))) return;
  refuse('schedules.owner', 'must be a text of 1 to 100 printable ASCII characters, no blanks');
}

function checkQueue(queue: string, places: unknown): void {
  checkName('queues', queue);
  if (typeof places !== 'object') return checkPlaces(`queues.${queue}`, places);
  checkOptions(`queues.${queue}`, places, ['concurrency', 'weight']);
  const { concurrency, weight } = places as { concurrency?: unknown; weight?: unknown };
  checkPlaces(`queues.${queue}.concurrency`, concurrency);
  checkCount(`queues.${queue}.weight`, weight, limits.weight);
  if (concurrency === undefined || weight === undefined) return;
  refuse(`queues.${queue}.weight`, 'a queue shares places by its weight, or has a concurrency of its own; not both');
}

function checkName(where: string, queue: string): void {
  if (!isQueueName(queue))
    refuse(where, `'${queue}' is no queue name: use at most 64 letters, digits, '_', '.' and '-'`);
}

function checkPlaces(where: string, value: unknown): void {
  if (typeof value !== 'object') return checkCount(where, value, limits.concurrency);
  checkOptions(where, value, ['min', 'max']);
  const { min, max } = value as { min?: unknown; max?: unknown };
  checkWhole(`${where}.max`, max, 1, limits.concurrency);
  checkWhole(`${where}.min`, min, 1, max as number);
}

function checkRecycle(recycle: NonNullable<WorkerModuleOptions['recycle']>): void {
  checkOptions('recycle', recycle, ['jobs', 'memory']);
  const { jobs, memory } = recycle;
  checkCount('recycle.jobs', jobs, Number.MAX_SAFE_INTEGER);
  if (memory === undefined || parseBytes(memory) !== undefined) return;
  refuse('recycle.memory', `'${memory}' is no amount of memory: write '512MB', '1.5GB', or bytes`);
}

function checkOwnThreads(threads: NonNullable<WorkerModuleOptions['threads']>): void {
  checkOptions('threads', threads, ['max', 'memory', 'recycle']);
  checkCount('threads.max', threads.max, limits.threads);
  checkThreads('threads', threads);
}

function checkCount(where: string, value: unknown, most: number): void {
  if (value !== undefined) checkWhole(where, value, 1, most);
}

function refuse(where: string, says: string): never {
  throw new ConfigInvalid(where, `${where}: ${says}.`);
}
