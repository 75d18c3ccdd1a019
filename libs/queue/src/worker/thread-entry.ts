import type { MessagePort } from 'node:worker_threads';

/** What `Threads` sends. */
export interface ThreadTask {
  module: string;
  payload: unknown;
  jobId: string;
  task: string;
  attempt: number;
  idempotencyKey: string;
  port: MessagePort;
}

/** Runs in the thread: loads the module of the task and calls its default export. */
export default async function run({ module, payload, port, ...about }: ThreadTask): Promise<unknown> {
  const controller = new AbortController();
  port.on('message', (why: string) => controller.abort(Object.assign(new Error(`asked to stop: ${why}`), { why })));
  port.unref();
  try {
    const { default: handler } = (await import(module)) as { default?: unknown };
    if (typeof handler !== 'function') throw new TypeError(`${module} has no default export that is a function`);
    return await (handler as (payload: unknown, context: unknown) => unknown)(payload, {
      ...about,
      signal: controller.signal,
    });
  } finally {
    port.close();
  }
}
