import { Injectable, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { BackgroundRunner } from './runner.js';

/** Waits at shutdown: when modules begin to close, and again once the server has answered its last request. */
@Injectable()
export class BackgroundDrain implements OnModuleDestroy, OnApplicationShutdown {
  constructor(private readonly runner: BackgroundRunner) {}

  onModuleDestroy(): Promise<void> {
    return this.runner.drain();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.runner.drain();
    await this.runner.threads.close();
  }
}
