import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { serve } from '../support/serve.js';
import { BeeQueueApi } from './bee-queue.api.js';
import { BullMqApi } from './bullmq.api.js';
import { MillraceApi } from './millrace.api.js';

/** The child's program: an API with a route that does nothing and one that enqueues, each with a queue of its own. */
const apis: Readonly<Record<string, { on(url: string): DynamicModule }>> = {
  millrace: MillraceApi,
  bullmq: BullMqApi,
  'bee-queue': BeeQueueApi,
};

/** Connections that wait to be accepted: all clients come at once, and the default of 511 would send half away for a second. */
const backlog = 2048;

const verbs = {
  /** Answers the port it listens on. */
  async open(contestant: string, url: string): Promise<number> {
    const app = await NestFactory.create<NestExpressApplication>(apis[contestant]!.on(url), {
      logger: ['error', 'warn'],
    });
    await app.init();
    const server = app.getHttpServer();
    server.listen({ host: '127.0.0.1', port: 0, backlog });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  },

  /** Processor time of this process so far, in microseconds. */
  processorTime(): number {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

export type ApiVerbs = typeof verbs;

serve(verbs);
