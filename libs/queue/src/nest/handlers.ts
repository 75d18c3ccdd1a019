import type { ExternalContextCreator, ModulesContainer } from '@nestjs/core';
import { ConfigInvalid } from '../job/errors.js';
import type { BatchContext, BatchItem } from '../task/batch.js';
import type { TaskMetadata } from '../task/task.decorator.js';
import type { BatchHandler } from '../worker/batches.js';
import type { Handler } from '../worker/options.js';
import type { ThreadedHandler } from '../worker/threads.js';
import { type Call, Enhancers, type Site } from './enhancers.js';
import type { FoundTask } from './explorer.js';
import { Host, Leftovers } from './host.js';

/** What the worker runs for each found method. With `global`, Nest's own context creator, global enhancers apply as well. */
export function handlersOf(
  found: readonly FoundTask[],
  modules: ModulesContainer,
  global?: ExternalContextCreator,
): Handler[] {
  const enhancers = new Enhancers(modules, global);
  const leftovers = new Leftovers(modules);
  return found.map((task) => handlerOf(task, enhancers, leftovers));
}

/** The shorter the way can be, the shorter it is. */
function handlerOf(found: FoundTask, enhancers: Enhancers, leftovers: Leftovers): Handler {
  const { prototype, wrapper, metadata } = found;
  const site: Site = {
    prototype,
    method: metadata.method,
    task: metadata.definition.name,
    module: wrapper.host?.token ?? '',
  };
  const host = new Host(wrapper, leftovers);
  if (metadata.definition.options.thread) return threadedHandlerOf(site, metadata, host, enhancers);
  if (metadata.batch) return batchHandlerOf(site, metadata, host, enhancers);
  return { task: metadata.definition, run: callOf(site, host, enhancers) };
}

function callOf(site: Site, host: Host, enhancers: Enhancers): Call {
  const enhanced = enhancers.concern(site);
  if (host.scoped) {
    return (payload, context) =>
      host.during(context, (occasion) =>
        enhanced ? enhancers.wrap(site, occasion)(payload, context) : direct(occasion.instance, site)(payload, context),
      );
  }
  return enhanced ? enhancers.wrap(site, { instance: host.instance }) : direct(host.instance, site);
}

/** Enhancers work on each job, and see its joining of a batch as the handler; the method itself is called for all. */
function batchHandlerOf(site: Site, { definition, batch }: TaskMetadata, host: Host, enhancers: Enhancers): Handler {
  const call = (instance: object, items: BatchItem[], context: BatchContext) =>
    (instance as Record<string, (...args: unknown[]) => unknown>)[site.method]!(items, context);
  const handler: BatchHandler = {
    task: definition,
    run: together(site),
    batch: {
      ...batch!,
      run: (items, context) =>
        host.scoped
          ? host.during(context, ({ instance }) => call(instance, items, context))
          : call(host.instance, items, context),
      around: (join) => joinOf(site, host, enhancers, join),
    },
  };
  return handler;
}

/** Enhancers work here, in process, and see the run of the module in its thread as the handler. */
function threadedHandlerOf(site: Site, { definition }: TaskMetadata, host: Host, enhancers: Enhancers): Handler {
  if (enhancers.misplaced(site)) {
    const where = `${site.prototype.constructor.name}.${site.method}`;
    throw new ConfigInvalid(
      'thread',
      `Guards, pipes and so on do nothing on the property ${where}: put them on its class.`,
    );
  }
  const handler: ThreadedHandler = {
    task: definition,
    run: elsewhere(site),
    around: (call) => joinOf(site, host, enhancers, call),
  };
  return handler;
}

/** What stands around the method, with another call in its place. */
function joinOf(site: Site, host: Host, enhancers: Enhancers, join: Call): Call {
  if (!enhancers.concern(site)) return join;
  if (!host.scoped) return enhancers.wrap(site, { instance: host.instance }, join);
  return (payload, context) =>
    host.during(context, (occasion) => enhancers.wrap(site, occasion, join)(payload, context));
}

/** The hot path. The method is looked up at each call, so a spy put there later is seen. */
function direct(instance: object, { method }: Site): Call {
  const methods = instance as Record<string, Call>;
  return (payload, context) => methods[method]!(payload, context);
}

/** A job of a batch runs with others, or not at all. */
function together({ task }: Site): Call {
  return () => {
    throw new Error(`${task} is handled in batches and cannot be called for one job`);
  };
}

/** The property of a thread task holds no code: the worker runs the module that `thread` names. */
function elsewhere({ task }: Site): Call {
  return () => {
    throw new Error(`${task} runs in a worker thread and cannot be called here`);
  };
}
