import { BullModule, InjectQueue } from '@nestjs/bullmq';
import { Body, Controller, type DynamicModule, HttpCode, Module, Post } from '@nestjs/common';
import { Queue } from 'bullmq';
import { NothingController } from './nothing.controller.js';

@Controller()
class BullMqController {
  constructor(@InjectQueue('http') private readonly queue: Queue) {}

  @Post('enqueue')
  @HttpCode(202)
  async enqueue(@Body() payload: { text: string }) {
    const job = await this.queue.add('noop', payload);
    return { jobId: job.id };
  }
}

@Module({ controllers: [NothingController, BullMqController] })
export class BullMqApi {
  static on(url: string): DynamicModule {
    const root = BullModule.forRoot({
      connection: { host: '127.0.0.1', port: Number(new URL(url).port) },
      defaultJobOptions: { removeOnComplete: true },
    });
    return { module: BullMqApi, imports: [root, BullModule.registerQueue({ name: 'http' })] };
  }
}
