import type { Clock } from './clock.js';

/** `promise`, or a rejection with `late()` after `ms`. `afterwards` is told when the promise settles all the same. */
export function within<T>(
  clock: Clock,
  promise: Promise<T>,
  ms: number,
  late: () => Error,
  afterwards?: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false;
    const timer = clock.after(ms, () => {
      over = true;
      reject(late());
    });
    const finish = () => {
      if (over) afterwards?.();
      else timer.cancel();
    };
    promise.then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: unknown) => {
        finish();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
