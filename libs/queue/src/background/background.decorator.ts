import {
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  Optional,
  type PipeTransform,
  UseInterceptors,
} from '@nestjs/common';
import { Queue } from '../client/queue.js';
import { ConfigInvalid } from '../job/errors.js';
import type { Flushable } from './answered.js';
import { type BackgroundOptions, BackgroundTasks } from './background-tasks.js';
import { checkBackgroundOptions } from './check-background-options.js';
import { HandlerWatch } from './handler-watch.js';
import { BackgroundRunner } from './runner.js';

interface Asked {
  request: object;
  response: Flushable | { raw: Flushable };
  options: BackgroundOptions | undefined;
}

const watch = new HandlerWatch();

/** A parameter decorator has no injector; the pipe behind it has. */
@Injectable()
export class BackgroundPipe implements PipeTransform<Asked, BackgroundTasks> {
  constructor(
    private readonly runner: BackgroundRunner,
    @Optional() private readonly queue?: Queue,
  ) {}

  transform({ request, response, options }: Asked): BackgroundTasks {
    const raw = 'raw' in response ? response.raw : response;
    return new BackgroundTasks(this.runner, this.queue, raw, options, { request, handler: watch.outcome(response) });
  }
}

const asked = createParamDecorator((options: BackgroundOptions | undefined, context: ExecutionContext): Asked => {
  if (context.getType() !== 'http') {
    throw new ConfigInvalid(
      '@Background',
      'Only the answer to an HTTP request has an end for @Background() to wait for.',
    );
  }
  const http = context.switchToHttp();
  return { request: http.getRequest<object>(), response: http.getResponse<Asked['response']>(), options };
});

/**
 * Hands a controller method its `BackgroundTasks`: what is added there runs after the response. Throws `ConfigInvalid`
 * where it stands, so at boot, for an option that is unknown or out of range.
 */
export function Background(options?: BackgroundOptions): ParameterDecorator {
  if (options !== undefined) checkBackgroundOptions(options);
  const parameter = asked(options, BackgroundPipe);
  return (target, key, index) => {
    parameter(target, key, index);
    const method = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
    if (method) UseInterceptors(watch)(target, key!, method);
  };
}
