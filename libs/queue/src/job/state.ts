/**
 * What may happen to a job: seven states, and the verbs that lead from one to the next.
 *
 *     scheduled ──promote──▶ ready ──claim──▶ active ──complete──▶ completed
 *         ▲                   ▲ ▲               │ ├───fail──────▶ failed
 *         └──── retry, snooze ┘ └─ release, reap┘ └───cancel────▶ cancelled
 *
 * A `blocked` job waits for other jobs. A final state is left only by `revive` (retry by hand) or `remove`.
 */
export const jobStates = ['scheduled', 'blocked', 'ready', 'active', 'completed', 'failed', 'cancelled'] as const;

export type JobState = (typeof jobStates)[number];

/** How an attempt ended. A value: the worker makes it, the store applies it. */
export const outcomes = ['completed', 'retry', 'snoozed', 'failed', 'cancelled', 'released'] as const;

export type Outcome = (typeof outcomes)[number];

/** Why a job is `scheduled`. */
export type WhyScheduled = 'delay' | 'retry' | 'snooze' | 'unknown-task';

/** Every verb that moves a job, the states it may start from and the states it may end in. Everything else reads this table. */
export const transitions = {
  enqueue: { from: [], to: ['scheduled', 'blocked', 'ready'] },
  unblock: { from: ['blocked'], to: ['scheduled', 'ready', 'cancelled'] },
  promote: { from: ['scheduled'], to: ['ready'] },
  claim: { from: ['ready'], to: ['active'] },
  expire: { from: ['ready'], to: ['cancelled'] },
  complete: { from: ['active'], to: ['completed'] },
  retry: { from: ['active'], to: ['scheduled', 'ready', 'cancelled'] },
  snooze: { from: ['active'], to: ['scheduled', 'ready', 'cancelled'] },
  release: { from: ['active'], to: ['scheduled', 'ready', 'cancelled'] },
  fail: { from: ['active'], to: ['failed'] },
  reap: { from: ['active'], to: ['ready', 'failed', 'cancelled'] },
  cancel: { from: ['scheduled', 'blocked', 'ready', 'active'], to: ['cancelled'] },
  reschedule: { from: ['scheduled', 'ready'], to: ['scheduled', 'ready'] },
  revive: { from: ['failed', 'cancelled'], to: ['ready'] },
} as const satisfies Record<string, { from: readonly JobState[]; to: readonly JobState[] }>;

export type Verb = keyof typeof transitions;

const finals: ReadonlySet<JobState> = new Set(['completed', 'failed', 'cancelled']);

/** A final state is overwritten by nothing but a retry by hand. */
export function isFinal(state: JobState): boolean {
  return finals.has(state);
}

/** Whether `verb` may start from `state`. */
export function may(verb: Verb, state: JobState): boolean {
  return (transitions[verb].from as readonly JobState[]).includes(state);
}

/** Priority bands, most urgent first. Within one band jobs are first in, first out. */
export const priorities = ['urgent', 'high', 'normal', 'low'] as const;

export type Priority = (typeof priorities)[number];
