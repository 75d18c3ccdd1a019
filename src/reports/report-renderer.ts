import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Piscina } from 'piscina';
import type { Drawing } from './render.thread.js';

/** Renders PDFs in worker threads, which start when they are first needed. */
@Injectable()
export class ReportRenderer implements OnApplicationShutdown {
  private readonly threads = new Piscina<Drawing, Uint8Array>({
    filename: new URL('./render.thread.js', import.meta.url).href,
    minThreads: 0,
    idleTimeout: 10_000,
  });

  /** When `signal` fires, the thread that draws is ended. */
  render(drawing: Drawing, signal: AbortSignal): Promise<Uint8Array> {
    return this.threads.run(drawing, { signal });
  }

  onApplicationShutdown(): Promise<void> {
    return this.threads.destroy();
  }
}
