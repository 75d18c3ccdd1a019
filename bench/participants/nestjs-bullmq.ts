import 'reflect-metadata';
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Module, type Type } from '@nestjs/common';
import type { Job } from 'bullmq';
import type { Payload } from '../support/payload.js';
import { bullmq, connectionOf } from './bullmq.js';
import { startNest } from './nest-app.js';
import { type Opening, type Participant, queueName, type Worker } from './participant.js';
import { Tally } from './tally.js';

/** A worker application around a processor; jobs are added by BullMQ's own queue. */
export function nestWorker(processorOf: (concurrency: number) => Type): Participant {
  return {
    producer: (opening) => bullmq.producer(opening),

    async worker({ url, concurrency }: Opening & { concurrency: number }, tally: Tally): Promise<Worker> {
      @Module({
        imports: [BullModule.forRoot({ connection: connectionOf(url) }), BullModule.registerQueue({ name: queueName })],
        providers: [processorOf(concurrency), { provide: Tally, useValue: tally }],
      })
      class BullWorker {}

      return startNest(BullWorker);
    },
  };
}

export const nestjsBullmq = nestWorker((concurrency) => {
  @Processor(queueName, { concurrency })
  class Noop extends WorkerHost {
    constructor(@Inject(Tally) private readonly tally: Tally) {
      super();
    }

    async process({ data }: Job<Payload>) {
      return this.tally.take(data);
    }
  }
  return Noop;
});
