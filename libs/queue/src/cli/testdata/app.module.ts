import { Injectable, Module } from '@nestjs/common';
import { fromUrl } from '../../from-url.js';
import { QueueModule } from '../../queue.module.js';
import { defineTasks } from '../../task/define-tasks.js';
import { Task } from '../../task/task.decorator.js';
import { task } from '../../task/task.js';
import { WorkerModule } from '../../worker.module.js';

export class ShopTasks extends defineTasks('shop', {
  good: task({ queue: 'orders' }),
  bad: task({ queue: 'orders', retry: { attempts: 1 } }),
  low: task({ queue: 'low' }),
}) {}

@Injectable()
class Handlers {
  @Task(ShopTasks.good)
  async good() {}
  @Task(ShopTasks.bad)
  async bad() {
    throw new Error('bad');
  }
  @Task(ShopTasks.low)
  async low() {}
}

const queue = () => QueueModule.forRootAsync({ useFactory: () => ({ store: fromUrl(process.env.CLI_SPEC_URL!) }) });

@Module({ imports: [queue(), WorkerModule.forRoot({ lease: '5s' })], providers: [Handlers] })
export class AppModule {}

@Module({ imports: [queue()] })
export class ProducerModule {}
