import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { finalize, type Observable, tap } from 'rxjs';

/**
 * Knows whether the handler of a response ended well. The response says so itself, unless the client hung up before:
 * then nothing goes out, and what a handler left for afterwards would run while it works, even when it fails.
 */
export class HandlerWatch implements NestInterceptor {
  private readonly outcomes = new WeakMap<object, Promise<boolean>>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    let ended!: (well: boolean) => void;
    const outcome = new Promise<boolean>((resolve) => (ended = resolve));
    this.outcomes.set(context.switchToHttp().getResponse<object>(), outcome);
    return next.handle().pipe(
      tap({ error: () => ended(false) }),
      finalize(() => ended(true)),
    );
  }

  /** `undefined` where nobody watched. */
  outcome(response: object): Promise<boolean> | undefined {
    return this.outcomes.get(response);
  }
}
