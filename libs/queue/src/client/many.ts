import { ConfigInvalid, MergeConflict, OptionFailed, PayloadInvalid, PayloadTooLarge } from '../job/errors.js';
import type { TaskDefinition } from '../task/definition.js';
import type { EnqueueOptions } from '../task/enqueuer.js';
import type { Draft, JobMaker } from './job-maker.js';

/** With options beside the payload. */
type Item = { readonly payload?: unknown };

/** Drafts of many items. Throws what is wrong with the first wrong one, under its index: issues at `3.to`, option `3.delay`. */
export async function makeMany(maker: JobMaker, task: TaskDefinition, items: readonly Item[]): Promise<Draft[]> {
  const made = items.map((item) => attempt(() => make(maker, task, item)));
  const drafts = task.payload ? await Promise.all(made.map(shaped)) : made;
  for (const [index, draft] of drafts.entries()) if (draft instanceof Wrong) throw atItem(index, draft.error);
  return drafts as Draft[];
}

/** What an item could not be made a job for. */
class Wrong {
  constructor(readonly error: unknown) {}
}

/** Where a schema has to be asked first. */
async function shaped(draft: Draft | Promise<Draft> | Wrong): Promise<Draft | Wrong> {
  try {
    return await draft;
  } catch (error) {
    return new Wrong(error);
  }
}

function attempt<T>(make: () => T): T | Wrong {
  try {
    return make();
  } catch (error) {
    return new Wrong(error);
  }
}

function make(maker: JobMaker, task: TaskDefinition, item: Item): Draft | Promise<Draft> {
  if (typeof item !== 'object' || item === null) {
    throw new ConfigInvalid('payload', `An item is { payload, …options }, not ${String(item)}. Nothing was stored.`);
  }
  for (const key in item) {
    if (key === 'payload') continue;
    const { payload, ...options } = item;
    return maker.make(task, payload, options satisfies EnqueueOptions<unknown>);
  }
  return maker.make(task, item.payload);
}

/** The error of one item, under its index; `stored` are the ids of the others that were stored before it came up. */
export function atItem(index: number, error: unknown, stored: readonly string[] = []): unknown {
  if (error instanceof PayloadInvalid) {
    const issues = error.issues.map(({ path, message }) => ({ path: path ? `${index}.${path}` : `${index}`, message }));
    return new PayloadInvalid(error.task, issues);
  }
  if (error instanceof ConfigInvalid) {
    return new ConfigInvalid(`${index}.${error.option}`, `Item ${index}: ${error.message}`);
  }
  if (error instanceof OptionFailed) return new OptionFailed(error.task, error.option, error.cause, index, stored);
  if (error instanceof MergeConflict) return new MergeConflict(error.task, error.existing, error.times, index, stored);
  if (error instanceof PayloadTooLarge) return new PayloadTooLarge(error.task, error.bytes, error.limit, index);
  return error;
}
