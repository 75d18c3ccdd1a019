import { Body, Controller, type DynamicModule, HttpCode, Inject, Injectable, Module, Post } from '@nestjs/common';
import { type OnApplicationShutdown } from '@nestjs/common';
import Queue from 'bee-queue';
import { NothingController } from './nothing.controller.js';

const redisUrl = Symbol('redisUrl');

@Injectable()
class BeeQueue implements OnApplicationShutdown {
  readonly queue: Queue;

  constructor(@Inject(redisUrl) url: string) {
    const redis = { host: '127.0.0.1', port: Number(new URL(url).port) };
    this.queue = new Queue('http', { redis, isWorker: false, getEvents: false, sendEvents: false, storeJobs: false });
  }

  async onApplicationShutdown() {
    await this.queue.close();
  }
}

@Controller()
class BeeQueueController {
  constructor(private readonly bee: BeeQueue) {}

  @Post('enqueue')
  @HttpCode(202)
  async enqueue(@Body() payload: { text: string }) {
    const job = await this.bee.queue.createJob(payload).save();
    return { jobId: job.id };
  }
}

@Module({ controllers: [NothingController, BeeQueueController], providers: [BeeQueue] })
export class BeeQueueApi {
  static on(url: string): DynamicModule {
    return { module: BeeQueueApi, providers: [{ provide: redisUrl, useValue: url }] };
  }
}
