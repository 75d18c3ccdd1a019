import 'reflect-metadata';
import { Inject, Injectable, Module } from '@nestjs/common';
import { bindTasks, defineTasks, QueueModule, task, Task, WorkerModule } from 'millrace';
import type { Payload } from '../support/payload.js';
import { millraceProducer, openStore } from './millrace-producer.js';
import { startNest } from './nest-app.js';
import { type Participant, queueName } from './participant.js';
import { Tally } from './tally.js';

/** The same work twice: once a completed job leaves nothing, once its record and result stay. */
class BenchTasks extends defineTasks('bench', {
  noop: task<Payload, number>({ queue: queueName, keepResult: 0 }),
  kept: task<Payload, number>({ queue: queueName }),
}) {}

@Injectable()
class BenchHandlers {
  constructor(@Inject(Tally) private readonly tally: Tally) {}

  @Task(BenchTasks.noop)
  async noop(payload: Payload) {
    return this.tally.take(payload);
  }

  @Task(BenchTasks.kept)
  async kept(payload: Payload) {
    return this.tally.take(payload);
  }
}

export const millrace: Participant = {
  producer({ url, keep }) {
    return millraceProducer(url, (queue) => {
      const { noop, kept } = bindTasks(BenchTasks, queue);
      return keep ? kept : noop;
    });
  },

  async worker({ url, concurrency }, tally) {
    @Module({
      imports: [
        QueueModule.forRootAsync({ useFactory: async () => ({ store: await openStore(url) }) }),
        WorkerModule.forRoot({ concurrency }),
      ],
      providers: [BenchHandlers, { provide: Tally, useValue: tally }],
    })
    class BenchWorker {}

    return startNest(BenchWorker);
  },
};
