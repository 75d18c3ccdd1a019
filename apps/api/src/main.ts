import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import helmet from 'helmet';
import { boot } from '../../../src/boot.js';
import { QuietLogger } from '../../../src/quiet-logger.js';
import { Settings } from '../../../src/config/settings.js';
import { ApiModule } from './api.module.js';
import { refuseDeep } from './http/refuse-deep.js';
import { serveDocs } from './http/swagger.js';

await boot('API', async () => {
  const app = await NestFactory.create<NestExpressApplication>(ApiModule, {
    abortOnError: false,
    bodyParser: false,
    logger: new QuietLogger(),
  });
  const { PORT, HOST, API_PREFIX } = app.get(Settings);
  // Plain http is fine behind a proxy and on a laptop, so nothing is upgraded.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  app.useBodyParser('json', { limit: '256kb' });
  app.use(refuseDeep);
  app.setGlobalPrefix(API_PREFIX);
  serveDocs(app, API_PREFIX);
  app.enableShutdownHooks(['SIGINT', 'SIGTERM'], { useProcessExit: true });

  await (HOST ? app.listen(PORT, HOST) : app.listen(PORT));
  const url = new URL(await app.getUrl());
  if (!HOST) url.hostname = 'localhost';
  return url.origin + API_PREFIX;
});
