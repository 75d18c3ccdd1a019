import { Injectable } from '@nestjs/common';
import { fromUrl, type QueueModuleOptions, type QueueOptionsFactory } from 'millrace';
import { Settings } from './settings.js';

/** Both apps must look at the same store. */
@Injectable()
export class QueueConfig implements QueueOptionsFactory {
  constructor(private readonly settings: Settings) {}

  createQueueOptions(): QueueModuleOptions {
    const { QUEUE_URL, QUEUE_NAMESPACE } = this.settings;
    return { store: fromUrl(QUEUE_URL, { namespace: QUEUE_NAMESPACE }) };
  }
}
