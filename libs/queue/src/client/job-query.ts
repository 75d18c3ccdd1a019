import { ConfigInvalid } from '../job/errors.js';
import { isOwnName } from '../job/id.js';
import { checkOptions } from '../job/options.js';
import { isFinal, type JobState, jobStates, may } from '../job/state.js';
import type { ListQuery } from '../store/store.js';

/** Which jobs. Everything given must hold. */
export interface JobQuery {
  state?: JobState | readonly JobState[];
  queue?: string;
  /** Exact name, or a prefix followed by `*`. */
  task?: string;
  /** All of them. */
  tags?: readonly string[];
  /** Children of this job. */
  parent?: string;
  /** Enqueued at or after: a Date or epoch milliseconds. */
  since?: Date | number;
  /** Jobs per page. Default 50, at most 200. */
  limit?: number;
}

export type ControlVerb = 'cancel' | 'retry' | 'remove';

const known = ['state', 'queue', 'task', 'tags', 'parent', 'since', 'limit'];

/** The store's words. Throws `ConfigInvalid` for a field nobody knows: a slip must not widen what is found. */
export function listQuery(query: JobQuery): ListQuery {
  checkOptions('', query, known);
  const { state, tags, since, ...rest } = query;
  const list: ListQuery = { ...rest };
  if (state !== undefined) list.states = statesOf(state);
  if (tags !== undefined) list.tags = [...tags];
  if (since !== undefined) list.since = Number(since);
  return list;
}

/** No job can have such a queue, task, parent or tag: there is nothing to ask the store, which may not be able to take the text. */
export function isHopeless({ queue, task, parent, tags = [] }: JobQuery): boolean {
  return [queue, task, parent, ...tags].some((name) => name !== undefined && !isOwnName(name));
}

/** Those of the query's states that the verb may start from. */
export function affected(verb: ControlVerb, query: JobQuery): JobState[] {
  const asked = query.state === undefined ? jobStates : statesOf(query.state);
  return asked.filter((state) => mayStart(verb, state));
}

function mayStart(verb: ControlVerb, state: JobState): boolean {
  if (verb === 'cancel') return may('cancel', state);
  return verb === 'retry' ? may('revive', state) : isFinal(state) || state !== 'active';
}

function statesOf(state: JobState | readonly JobState[]): JobState[] {
  const states: JobState[] = typeof state === 'string' ? [state] : [...state];
  for (const name of states) {
    if (!jobStates.includes(name)) throw new ConfigInvalid('state', `'${name}' is no state: ${jobStates.join(', ')}.`);
  }
  return states;
}
