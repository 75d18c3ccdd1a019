import 'reflect-metadata';
import { Injectable, type LoggerService, type ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { QueueModule } from '../queue.module.js';
import { Cron, Every } from '../schedule/decorators.js';
import { Schedules } from '../schedule/schedules.js';
import { memory } from '../store/memory/index.js';
import type { Store } from '../store/store.js';
import { ManualClock } from '../time/manual-clock.js';
import { WorkerModule } from '../worker.module.js';
import { getSchedulesToken } from './tokens.js';

@Injectable()
class NightHandlers {
  @Cron('0 3 * * *')
  purge(): void {}

  @Every('1h', { instance: 'billing' })
  bill(): void {}
}

let close: () => Promise<unknown> = async () => {};
afterEach(() => close());

async function boot(imports: (given: { store: Store; clock: ManualClock }) => ModuleMetadata['imports']) {
  const clock = new ManualClock();
  const store = memory({ clock });
  const lines: string[] = [];
  const say = (text: unknown) => void lines.push(String(text));
  const logger: LoggerService = { log: say, warn: (text: unknown) => say(`warning: ${String(text)}`), error: say };
  const module = await Test.createTestingModule({
    imports: imports({ store, clock }),
    providers: [NightHandlers],
  }).compile();
  module.useLogger(logger);
  const app = await module.init();
  close = () => app.close();
  const ids = async (name?: string) =>
    (await app.get<Schedules>(getSchedulesToken(name)).list()).schedules.map(({ id }) => id);
  return { app, clock, lines, ids };
}

const worker = (more = {}) => WorkerModule.forRoot({ signals: false, ...more });

describe('a worker with schedules', () => {
  it('names them at boot, in words, with the method they start', async () => {
    const { lines } = await boot((given) => [QueueModule.forRoot(given), worker()]);

    expect(lines).toContain('NightHandlers.purge at 03:00, every day, UTC: NightHandlers.purge');
  });

  it('warns of those that nobody here will fire', async () => {
    const { lines, ids } = await boot((given) => [QueueModule.forRoot(given), worker()]);

    expect(await ids()).toEqual(['NightHandlers.purge']);
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([
      expect.stringContaining("The schedule 'NightHandlers.bill' of NightHandlers.bill is not fired from here"),
    ]);
  });

  it('declares each in the instance it names, and so fires it once', async () => {
    const billing = memory();
    const { lines, ids } = await boot((given) => [
      QueueModule.forRoot(given),
      QueueModule.forRoot({ name: 'billing', store: billing, clock: given.clock }),
      worker(),
      worker({ instance: 'billing' }),
    ]);

    expect(await ids()).toEqual(['NightHandlers.purge']);
    expect(await ids('billing')).toEqual(['NightHandlers.bill']);
    expect(lines.filter((line) => line.startsWith('warning'))).toEqual([]);
  });

  it('leaves them alone when told so', async () => {
    const { lines, ids } = await boot((given) => [QueueModule.forRoot(given), worker({ schedules: false })]);

    expect(await ids()).toEqual([]);
    expect(lines.filter((line) => line.includes('03:00'))).toEqual([]);
  });
});
