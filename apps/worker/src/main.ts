import { NestFactory } from '@nestjs/core';
import { boot } from '../../../src/boot.js';
import { Settings } from '../../../src/config/settings.js';
import { AppWorkerModule } from './worker.module.js';

await boot('Worker', async () => {
  const app = await NestFactory.createApplicationContext(AppWorkerModule, { abortOnError: false });
  return `http://localhost:${app.get(Settings).WORKER_HEALTH_PORT}`;
});
