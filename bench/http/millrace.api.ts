import { Body, Controller, type DynamicModule, HttpCode, Module, Post } from '@nestjs/common';
import { defineTasks, fromUrl, QueueModule, task } from 'millrace';
import { NothingController } from './nothing.controller.js';

export class HttpTasks extends defineTasks('http', {
  noop: task<{ text: string }>({ queue: 'http', keepResult: 0 }),
}) {}

@Controller()
class MillraceController {
  constructor(private readonly tasks: HttpTasks) {}

  @Post('enqueue')
  @HttpCode(202)
  async enqueue(@Body() payload: { text: string }) {
    const job = await this.tasks.noop.enqueue(payload);
    return { jobId: job.id };
  }
}

@Module({ controllers: [NothingController, MillraceController] })
export class MillraceApi {
  static on(url: string): DynamicModule {
    const queue = QueueModule.forRootAsync({ useFactory: () => ({ store: fromUrl(url) }) });
    return { module: MillraceApi, imports: [queue, QueueModule.forFeature([HttpTasks])] };
  }
}
