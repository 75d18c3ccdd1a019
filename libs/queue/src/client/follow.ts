import { JobNotFound, MillraceError } from '../job/errors.js';
import { isFinal } from '../job/state.js';
import type { JobView } from '../job/view.js';
import type { JobRecord } from '../store/store.js';
import { Feed } from './feed.js';
import type { Waiters } from './waiters.js';

/**
 * A job as it is now, and again whenever it has changed; a slow reader gets the newest. Ends once it is settled or gone;
 * throws `JobNotFound` when it was not there to begin with. A store that is away is waited for.
 */
export function follow<R>(id: string, waiters: Waiters, view: (record: JobRecord) => JobView<R>): Feed<JobView<R>> {
  return new Feed((feed) => {
    let last: string | undefined;
    return waiters.watch(id, {
      seen(record) {
        if (!record) return feed.end(last === undefined ? new JobNotFound(id) : undefined);
        const now = JSON.stringify(record);
        if (now === last) return;
        last = now;
        feed.give(view(record));
        if (isFinal(record.state)) feed.end();
      },
      failed(error) {
        if (!MillraceError.is(error, 'STORE_UNAVAILABLE')) feed.end(error);
      },
      over: () => feed.end(),
    });
  }, 1);
}
