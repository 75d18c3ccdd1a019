import { createParamDecorator, type ExecutionContext, Injectable, Optional, type PipeTransform } from '@nestjs/common';
import { Queue } from '../client/queue.js';
import { type BackgroundOptions, BackgroundTasks, type Flushable } from './background-tasks.js';
import { BackgroundRunner } from './runner.js';

interface Asked {
  response: Flushable | { raw: Flushable };
  options: BackgroundOptions | undefined;
}

/** A parameter decorator has no injector; the pipe behind it has. */
@Injectable()
export class BackgroundPipe implements PipeTransform<Asked, BackgroundTasks> {
  constructor(
    private readonly runner: BackgroundRunner,
    @Optional() private readonly queue?: Queue,
  ) {}

  transform({ response, options }: Asked): BackgroundTasks {
    return new BackgroundTasks(this.runner, this.queue, 'raw' in response ? response.raw : response, options);
  }
}

const asked = createParamDecorator((options: BackgroundOptions | undefined, context: ExecutionContext): Asked => {
  return { response: context.switchToHttp().getResponse<Asked['response']>(), options };
});

/** Hands a controller method its `BackgroundTasks`: what is added there runs after the response. */
export function Background(options?: BackgroundOptions): ParameterDecorator {
  return asked(options, BackgroundPipe);
}
