import { type BeforeApplicationShutdown, Injectable, type MessageEvent } from '@nestjs/common';
import { type FoundJob, isFinal } from 'millrace';
import {
  connect,
  distinctUntilChanged,
  endWith,
  exhaustMap,
  ignoreElements,
  interval,
  map,
  merge,
  type Observable,
  Subject,
  takeUntil,
  takeWhile,
  timer,
} from 'rxjs';
import { jobDto } from './job.dto.js';

/** Milliseconds between two looks at a job. */
const look = 250;
/** Signs of life, so that no proxy closes the stream of a long job. */
const alive = interval(15_000).pipe(map(() => ({ comment: 'still here' })));

/** Jobs as streams of server-sent events named after the job's state. */
@Injectable()
export class JobEvents implements BeforeApplicationShutdown {
  private readonly closing = new Subject<void>();

  of(job: FoundJob): Observable<MessageEvent> {
    const changes = timer(0, look).pipe(
      exhaustMap(() => job.refresh()),
      takeWhile((now) => now !== undefined && !isFinal(now.state), true),
      map((now) => ({ type: now?.state ?? 'removed', data: now ? jobDto(now) : { jobId: job.id } })),
      distinctUntilChanged((before, after) => JSON.stringify(before) === JSON.stringify(after)),
      connect((shared) => merge(shared, alive.pipe(takeUntil(shared.pipe(ignoreElements(), endWith('over')))))),
    );
    return changes.pipe(takeUntil(this.closing));
  }

  /** Open streams would keep the server from closing. */
  beforeApplicationShutdown(): void {
    this.closing.next();
  }
}
