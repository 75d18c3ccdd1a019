import { loadavg } from 'node:os';
import { join } from 'node:path';
import { thisMachine } from '../report/machine.js';
import type { RedisProbe } from '../support/redis-probe.js';
import type { Fleet, Member } from './fleet.js';
import { shareOf } from './verdict.js';

const second = 1000;
/** Of the workspace, seen from where this is compiled to. */
const root = join(import.meta.dirname, '..', '..', '..');

/** What a run costs: of those that are there in the end since each was up, and of the server. */
export class Meter {
  private readonly startedAt = new Date();
  private readonly load = loadavg()[0];

  private constructor(
    private readonly redis: RedisProbe | undefined,
    private readonly before: number | undefined,
  ) {}

  static async start(redis: RedisProbe | undefined): Promise<Meter> {
    return new Meter(redis, await redis?.cpuSeconds());
  }

  async read(fleet: Fleet, runner: Member) {
    const { redis, startedAt } = this;
    const took = (Date.now() - startedAt.getTime()) / second;
    const schedulers = await Promise.all([...fleet.awake].map((member) => member.ask('spent')));
    const used = redis && (await redis.cpuSeconds()) - this.before!;
    await redis?.close();
    const { cpu, cores, node, server } = thisMachine(root);
    return {
      processor: {
        unit: '% of a core',
        scheduler: shareOf(schedulers),
        worker: shareOf([await runner.ask('spent')]),
        ...(used !== undefined && { server: (100 * used) / took }),
      },
      machine: { cpu, cores, node, server, load: [this.load, loadavg()[0]] },
      ...{ startedAt, took },
    };
  }
}
