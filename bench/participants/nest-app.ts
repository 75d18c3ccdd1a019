import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Worker } from './participant.js';

/** A worker that is a Nest application without HTTP. */
export async function startNest(module: Type): Promise<Worker> {
  const app = await NestFactory.createApplicationContext(module, { logger: ['error', 'warn'] });
  return { close: () => app.close() };
}
