import { Logger } from '@nestjs/common';
import { MillraceError } from 'millrace';
import { SettingsInvalid } from './config/settings.js';

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
    logger.error(...explained(error));
    process.exit(1);
  }
}

/** A sentence for what somebody can put right; for what nobody foresaw, the stack as well. */
function explained(error: unknown): [sentence: string, stack?: string] {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return [`Port ${port} is taken by another program. Stop it, or choose another port.`];
  if (error instanceof SettingsInvalid || MillraceError.is(error)) return [error.message];
  return error instanceof Error ? [error.message, error.stack] : [String(error)];
}
