import { KeyTypeConflict, MillraceError, StoreOutOfMemory, StoreUnavailable } from '../../job/errors.js';

/**
 * What an error of Redis or of the way to it means.
 *
 * away    it may answer again by itself: worth waiting for
 * denied  it answers, and says no until somebody changes something
 * full    no memory for new jobs
 * foreign a key of ours holds something of another type
 * fault   anything else: a mistake of ours, shown as it is
 */
export type Failure = 'away' | 'denied' | 'full' | 'foreign' | 'fault';

const table: [RegExp, Failure][] = [
  [/\bOOM\b/, 'full'],
  [/\bWRONGTYPE\b/, 'foreign'],
  [/\b(NOAUTH|WRONGPASS|NOPERM)\b|ERR invalid password|Client sent AUTH/i, 'denied'],
  // A replica that took over or was demoted, a disk that is full, a server that starts, a cluster that moves, a script that runs long.
  [/\b(READONLY|MISCONF|LOADING|CLUSTERDOWN|TRYAGAIN|BUSY|MASTERDOWN|NOREPLICAS|UNKILLABLE)\b/, 'away'],
  [/max number of clients/, 'away'],
  // What ioredis says when there is no connection, or no answer on it.
  [/Connection is closed|isn't (?:writeable|ready)|timed out|Socket timeout|retries per request|Failed to refresh slots cache|All sentinels|Connection lost/i, 'away'],
  [/\b(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)\b/, 'away'],
]; // prettier-ignore

export function failureOf(error: unknown): Failure {
  const { message = String(error), code = '' } = error as { message?: string; code?: string };
  return table.find(([pattern]) => pattern.test(message) || pattern.test(code))?.[1] ?? 'fault';
}

/** The error a caller meets. */
export function translate(error: unknown, url: string, namespace: string): Error {
  if (error instanceof MillraceError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  switch (failureOf(error)) {
    case 'full':
      return new StoreOutOfMemory(url);
    case 'foreign':
      return new KeyTypeConflict(`{${namespace}:…}`, 'value of another type');
    case 'away':
    case 'denied':
      return new StoreUnavailable(url, { cause });
    case 'fault':
      return cause;
  }
}

/** A URL for people: the password is hidden. */
export function hidePassword(url: string): string {
  return url.replace(/^([a-z+]+:\/\/[^/@]*:)[^/]*@/i, '$1***@');
}
