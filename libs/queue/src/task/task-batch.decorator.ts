import 'reflect-metadata';
import { ConfigInvalid } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import type { BatchContext, BatchItem, BatchResults, TaskBatchOptions } from './batch.js';
import { checkDuration, checkWhole, taskOptionNames } from './check-task-options.js';
import { declareTask, withOptions } from './task.decorator.js';
import type { TaskOptions } from './definition.js';
import type { TaskRef } from './task-ref.js';

/** A method that fits the contract: it takes items of its payload, and answers nothing or its results. */
type Handling<P, R> = <
  F extends (items: BatchItem<P, R>[], context: BatchContext) => BatchResults<R> | Promise<BatchResults<R>>,
>(
  target: object,
  method: string,
  descriptor: TypedPropertyDescriptor<F>,
) => void;

const standardWait = '50ms';

/**
 * Handles many jobs of a contract with one call: `@TaskBatch(OrderTasks.index, { max: 100, wait: '50ms' })`. Each job
 * ends by itself, by its own retry policy; a throw fails those that have not ended. Wrong payloads or results do not
 * compile. Throws `ConfigInvalid` for options out of range.
 */
export function TaskBatch<P, R, I>(ref: TaskRef<P, R, I>, options: TaskBatchOptions<P>): Handling<P, R> {
  return (target, method) => {
    const where = `${target.constructor.name}.${method}`;
    checkOptions(where, options, ['max', 'wait', ...taskOptionNames]);
    const { max, wait = standardWait, ...more } = options;
    checkWhole(`${where}.max`, max, 1, limits.batch);
    const ms = checkDuration(`${where}.wait`, wait, 0);
    const definition = withOptions(ref.definition, more as TaskOptions, where);
    if (definition.options.thread !== undefined) {
      throw new ConfigInvalid(`${where}.thread`, `${where}: a batch is handled by its method, not in a worker thread.`);
    }
    checkPatience(where, ms, definition.options.timeout);
    declareTask(target, method, { method, contract: true, definition, batch: { max, wait: ms } });
    // Pipes see one payload at a time, whatever list the method takes.
    Reflect.defineMetadata('design:paramtypes', [definition.payload?.type ?? Object, Object], target, method);
  };
}

/** The timeout of a job runs while it waits for others. */
function checkPatience(where: string, wait: number, timeout: TaskBatchOptions['timeout'] = '5m'): void {
  const after = checkDuration(`${where}.timeout`, typeof timeout === 'object' ? timeout.after : timeout, 1);
  if (wait < after) return;
  throw new ConfigInvalid(`${where}.wait`, `${where}.wait: ${wait} ms is no less than the timeout of ${after} ms.`);
}
