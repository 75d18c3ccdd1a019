import { NestFactory } from '@nestjs/core';
import { WorkerHost } from 'millrace';
import { boot } from '../../../src/boot.js';
import { QuietLogger } from '../../../src/quiet-logger.js';
import { AppWorkerModule } from './worker.module.js';

await boot('Worker', async () => {
  const app = await NestFactory.createApplicationContext(AppWorkerModule, {
    abortOnError: false,
    logger: new QuietLogger(),
  });
  return `http://localhost:${app.get(WorkerHost).port}`;
});
