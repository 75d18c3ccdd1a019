import { type BeforeApplicationShutdown, Injectable, type MessageEvent } from '@nestjs/common';
import { type FoundJob, isFinal, type JobView } from 'millrace';
import {
  connect,
  distinctUntilChanged,
  endWith,
  ignoreElements,
  interval,
  map,
  merge,
  Observable,
  Subject,
  type Subscriber,
  takeUntil,
} from 'rxjs';
import { jobDto } from './job.dto.js';

/** Signs of life, so that no proxy closes the stream of a long job. */
const alive = interval(15_000).pipe(map(() => ({ comment: 'still here' })));

/** Jobs as streams of server-sent events named after the job's state. */
@Injectable()
export class JobEvents implements BeforeApplicationShutdown {
  private readonly closing = new Subject<void>();

  of(job: FoundJob): Observable<MessageEvent> {
    return changesOf(job).pipe(
      distinctUntilChanged((before, after) => JSON.stringify(before) === JSON.stringify(after)),
      connect((shared) => merge(shared, alive.pipe(takeUntil(shared.pipe(ignoreElements(), endWith('over')))))),
      takeUntil(this.closing),
    );
  }

  /** Open streams would keep the server from closing. */
  beforeApplicationShutdown(): void {
    this.closing.next();
  }
}

/** Follows the job for as long as somebody listens. */
function changesOf(job: FoundJob): Observable<MessageEvent> {
  return new Observable((listener) => {
    const views = job.follow();
    tell(job.id, views, listener).catch((error: unknown) => listener.error(error));
    return () => void views.return?.();
  });
}

async function tell(jobId: string, views: AsyncIterable<JobView>, listener: Subscriber<MessageEvent>): Promise<void> {
  let settled = false;
  for await (const view of views) {
    settled = isFinal(view.state);
    listener.next({ type: view.state, data: jobDto(view) });
  }
  if (!settled) listener.next({ type: 'removed', data: { jobId } });
  listener.complete();
}
