import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { fromUrl, QueueModule, Task, WorkerModule } from 'millrace';
import { BenchTasks } from './bench.tasks.js';

@Injectable()
class BenchHandlers {
  /** Milliseconds since 1970 with fractions, comparable across the processes of one machine. */
  @Task(BenchTasks.stamp)
  async stamp() {
    return performance.timeOrigin + performance.now();
  }

  @Task(BenchTasks.noop)
  async noop() {}
}

@Module({
  imports: [
    QueueModule.forRootAsync({ useFactory: () => ({ store: fromUrl(process.env.QUEUE_URL!) }) }),
    WorkerModule.forRoot({ concurrency: Number(process.env.CONCURRENCY ?? 100), health: false }),
  ],
  providers: [BenchHandlers],
})
class BenchWorker {}

await NestFactory.createApplicationContext(BenchWorker, { logger: ['error', 'warn'] });
console.log('ready');
