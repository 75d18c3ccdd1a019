import { parentPort } from 'node:worker_threads';
import { TaskContext } from '../task/context.js';
import {
  isThreadTask,
  opensInThread,
  type OpenThreadTask,
  type Say,
  type ThreadHandler,
  type ThreadTask,
} from '../task/thread-task.js';
import { ThreadContext } from './thread-context.js';
import { packError } from './thread-error.js';
import type { FromThread, ThreadCall, ThreadLine } from './thread-port.js';

/** What this thread has opened, by module. */
const opened = new Map<string, Promise<OpenThreadTask>>();

const say: Say = (millrace, line) => parentPort!.postMessage({ millrace, line } satisfies ThreadLine);

/** Runs in the thread: a job, whose ending goes to its port; or the good-bye. */
export default async function run(call: ThreadCall): Promise<void> {
  if ('farewell' in call) return farewell();
  const { module, payload, about, port } = call;
  const context = new ThreadContext(about, port);
  const end = (ended: Extract<FromThread, { ended: object }>['ended']) => port.postMessage({ ended });
  try {
    const handler = await handlerOf(module);
    end({ value: await TaskContext.run(context, () => handler.run(payload, context)) });
  } catch (error) {
    end({ error: packError(error) });
  } finally {
    port.close();
  }
}

async function handlerOf(module: string): Promise<ThreadHandler> {
  const before = opened.get(module);
  if (before) return before;
  const { default: found } = (await import(module)) as { default?: unknown };
  if (typeof found === 'function') return { run: found as ThreadHandler['run'] };
  if (!isThreadTask(found)) {
    throw new TypeError(`${module} has no default export that is a function, or made by threadTask()`);
  }
  return open(module, found);
}

/** Once in this thread; where it fails, the next job tries again. */
function open(module: string, task: ThreadTask): Promise<OpenThreadTask> {
  const opening = task[opensInThread](say);
  opened.set(module, opening);
  opening.catch(() => opened.delete(module));
  return opening;
}

async function farewell(): Promise<void> {
  for (const [module, task] of opened) {
    try {
      await (await task).close();
    } catch (error) {
      say('error', `${module} failed when its thread ended: ${String(error)}`);
    }
  }
}
