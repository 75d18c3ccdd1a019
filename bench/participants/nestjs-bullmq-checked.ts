import 'reflect-metadata';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import { type Job, UnrecoverableError } from 'bullmq';
import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import type { Payload } from '../support/payload.js';
import { CheckedPayload, Stopwatch } from './checked.js';
import { nestWorker } from './nestjs-bullmq.js';
import { queueName } from './participant.js';
import { Tally } from './tally.js';

/** @nestjs/bullmq, which has neither pipes nor interceptors on processors: both by hand. */
export const nestjsBullmqChecked = nestWorker((concurrency) => {
  @Processor(queueName, { concurrency })
  class Checked extends WorkerHost {
    private readonly stopwatch = new Stopwatch();

    constructor(@Inject(Tally) private readonly tally: Tally) {
      super();
    }

    async process({ data }: Job<Payload>) {
      const payload = plainToInstance(CheckedPayload, data);
      const wrong = await validate(payload);
      if (wrong.length > 0) throw new UnrecoverableError(wrong.join('\n'));
      const stop = this.stopwatch.start();
      try {
        return await this.noop(payload);
      } finally {
        stop();
      }
    }

    private async noop(payload: CheckedPayload) {
      return this.tally.take(payload);
    }
  }
  return Checked;
});
