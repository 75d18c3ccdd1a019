import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Aborted, TaskContext, TaskLogger } from '../task/context.js';
import { packError, unpackError } from './thread-error.js';
import type { FromThread, ToThread } from './thread-port.js';

type Ask = Extract<FromThread, { ask: string }>;
type Ran = Extract<FromThread, { ran: number }>;

/** The worker's end of the port of one job in a thread: hands the signal on, and does what the job asks of its context. */
export class ThreadCalls {
  private readonly steps = new Map<number, (ran: Ran) => void>();
  private readonly soft = () => this.post({ abort: (this.context.signal.reason as Aborted).why });
  private ended?: Extract<FromThread, { ended: object }>['ended'];

  constructor(
    private readonly port: MessagePort,
    private readonly context: TaskContext,
    /** Classes of errors that may be thrown there. */
    private readonly known: Parameters<typeof unpackError>[1],
  ) {
    port.on('message', (message: FromThread) => this.hear(message));
    port.unref();
    if (context.signal.aborted) this.soft();
    else context.signal.addEventListener('abort', this.soft, { once: true });
  }

  /** What the handler answered or threw, once its thread says that it is done. */
  ending(): unknown {
    // What was sent before the thread said so is here, but not all of it need have been heard.
    for (let next = receiveMessageOnPort(this.port); next; next = receiveMessageOnPort(this.port)) {
      this.hear(next.message as FromThread);
    }
    if (!this.ended) throw new Error('The thread has ended without an answer');
    if (this.ended.error) throw unpackError(this.ended.error, this.known);
    return this.ended.value;
  }

  close(): void {
    this.context.signal.removeEventListener('abort', this.soft);
    this.port.close();
  }

  private hear(message: FromThread): void {
    if ('ask' in message) void this.answer(message);
    else if ('ran' in message) this.steps.get(message.ran)?.(message);
    else if ('ended' in message) this.ended = message.ended;
    else if (message.tell === 'line') this.write(...message.args);
    else this.context[message.tell]();
  }

  private write(level: keyof TaskLogger, line: string): void {
    this.context.logger[level](line);
  }

  private async answer({ call, ...asked }: Ask): Promise<void> {
    try {
      this.post({ answer: call, value: await this.perform({ call, ...asked }) });
    } catch (error) {
      this.post({ answer: call, error: packError(error) });
    }
  }

  private perform({ ask, call, args }: Ask): Promise<unknown> {
    const { context } = this;
    switch (ask) {
      case 'progress':
        return context.progress(args[0] as number, args[1]);
      case 'log':
        return context.log(args[0] as string);
      case 'checkpoint':
        return context.checkpoint(args[0]);
      case 'step':
        return context.step(args[0] as string, () => this.stepThere(call));
      default:
        return ask satisfies never;
    }
  }

  /** The code of the step is in the thread. */
  private async stepThere(call: number): Promise<unknown> {
    const { value, error } = await new Promise<Ran>((resolve) => {
      this.steps.set(call, resolve);
      this.post({ run: call });
    });
    this.steps.delete(call);
    if (error) throw unpackError(error, this.known);
    return value;
  }

  private post(message: ToThread): void {
    this.port.postMessage(message);
  }
}
