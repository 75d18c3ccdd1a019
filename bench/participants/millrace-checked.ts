import 'reflect-metadata';
import { type CallHandler, type ExecutionContext, Inject, Injectable, Module } from '@nestjs/common';
import { type NestInterceptor, UseInterceptors } from '@nestjs/common';
import { bindTasks, defineTasks, QueueModule, task, Task, WorkerModule } from 'millrace';
import { tap } from 'rxjs';
import { CheckedPayload, Stopwatch } from './checked.js';
import { millraceProducer, openStore } from './millrace-producer.js';
import { startNest } from './nest-app.js';
import { type Participant, queueName } from './participant.js';
import { Tally } from './tally.js';

class CheckedTasks extends defineTasks('checked', {
  noop: task<CheckedPayload, number>({ queue: queueName, keepResult: 0, payload: CheckedPayload }),
}) {}

@Injectable()
class Timing implements NestInterceptor {
  private readonly stopwatch = new Stopwatch();

  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(tap({ finalize: this.stopwatch.start() }));
  }
}

@Injectable()
class CheckedHandlers {
  constructor(@Inject(Tally) private readonly tally: Tally) {}

  @UseInterceptors(Timing)
  @Task(CheckedTasks.noop)
  async noop(payload: CheckedPayload) {
    return this.tally.take(payload);
  }
}

/** Millrace with a DTO that is validated and an interceptor around the handler. */
export const millraceChecked: Participant = {
  producer({ url }) {
    return millraceProducer(url, (queue) => bindTasks(CheckedTasks, queue).noop);
  },

  async worker({ url, concurrency }, tally) {
    @Module({
      imports: [
        QueueModule.forRootAsync({ useFactory: async () => ({ store: await openStore(url) }) }),
        WorkerModule.forRoot({ concurrency }),
      ],
      providers: [CheckedHandlers, Timing, { provide: Tally, useValue: tally }],
    })
    class CheckedWorker {}

    return startNest(CheckedWorker);
  },
};
