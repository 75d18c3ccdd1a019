import { Logger } from '@nestjs/common';

/**
 * Starts an app. Tells the process that started it once it is ready, and stops when that one is gone; what prevents the
 * start is said in a sentence.
 */
export async function boot(name: string, start: () => Promise<string>): Promise<void> {
  const logger = new Logger(name);
  try {
    const url = await start();
    logger.log(`Ready: ${url}`);
    process.send?.({ ready: url });
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
    process.channel?.unref();
  } catch (error) {
    logger.error(sentenceOf(error));
    process.exit(1);
  }
}

function sentenceOf(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is taken by another program. Stop it, or choose another port.`;
  return message ?? String(error);
}
