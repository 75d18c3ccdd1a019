import { ConfigInvalid, PayloadInvalid, PayloadTooLarge } from '../job/errors.js';
import type { TaskDefinition } from '../task/definition.js';
import type { EnqueueItem, EnqueueOptions } from '../task/enqueuer.js';
import type { Draft, JobMaker } from './job-maker.js';

type Item = EnqueueItem<unknown, never>;

/** Drafts of many items. Throws what is wrong with the first wrong one, under its index: issues at `3.to`, option `3.delay`. */
export async function makeMany(maker: JobMaker, task: TaskDefinition, items: readonly Item[]): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (const [index, made] of (await Promise.allSettled(items.map((item) => make(maker, task, item)))).entries()) {
    if (made.status === 'rejected') throw at(index, made.reason);
    drafts.push(made.value);
  }
  return drafts;
}

async function make(maker: JobMaker, task: TaskDefinition, item: Item): Promise<Draft> {
  if (typeof item !== 'object' || item === null) {
    throw new ConfigInvalid('payload', `An item is { payload, …options }, not ${String(item)}. Nothing was stored.`);
  }
  const { payload, ...options } = item;
  return maker.make(task, payload, options as EnqueueOptions<unknown>);
}

function at(index: number, error: unknown): unknown {
  if (error instanceof PayloadInvalid) {
    const issues = error.issues.map(({ path, message }) => ({ path: path ? `${index}.${path}` : `${index}`, message }));
    return new PayloadInvalid(error.task, issues);
  }
  if (error instanceof ConfigInvalid) {
    return new ConfigInvalid(`${index}.${error.option}`, `Item ${index}: ${error.message}`);
  }
  if (error instanceof PayloadTooLarge) return new PayloadTooLarge(error.task, error.bytes, error.limit, index);
  return error;
}
