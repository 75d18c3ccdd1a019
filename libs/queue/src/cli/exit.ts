/** Exit codes, stable: scripts rely on them. */
export const exit = { done: 0, error: 1, usage: 2, breached: 3, notFound: 4, unreachable: 6 } as const;

export type ExitCode = (typeof exit)[keyof typeof exit];

/** A command that was called wrongly. */
export class UsageError extends Error {}
