import type { EventEmitter } from 'node:events';

/** What both Express and Fastify (its `raw`) answer with. */
export interface Flushable extends EventEmitter {
  readonly statusCode: number;
  readonly headersSent?: boolean;
  readonly writableFinished?: boolean;
  /** The client has hung up, or the answer has gone out. */
  readonly closed?: boolean;
}

/**
 * Calls `then` once, with whether the answer was a success: when it has been handed to the system or, where the client
 * hung up before it began, when `handler` has ended, as no answer will tell. Without a handler to wait for, at once.
 */
export function whenAnswered(
  response: Flushable,
  handler: Promise<boolean> | undefined,
  then: (success: boolean) => void,
): void {
  let told = false;
  const tell = (success: boolean) => {
    if (!told) then(success);
    told = true;
  };
  const finished = () => tell(response.statusCode < 400);
  const closed = () => {
    if (!handler || response.writableFinished || response.headersSent) return finished();
    void handler.then((success) => tell(success && response.statusCode < 400));
  };
  if (response.writableFinished) return finished();
  if (response.closed) return closed();
  response.once('finish', finished);
  response.once('close', closed);
}
