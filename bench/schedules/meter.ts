import { loadavg } from 'node:os';
import { join } from 'node:path';
import { thisMachine } from '../report/machine.js';
import type { RedisProbe } from '../support/redis-probe.js';
import type { Fleet, Member } from './fleet.js';
import { shares } from './verdict.js';

const second = 1000;
/** Of the workspace, seen from where this is compiled to. */
const root = join(import.meta.dirname, '..', '..', '..');

type Spent = Map<Member, { cpu: number; life: number }>;

/** Processor time of those that are there from the beginning to the end, without their boot. */
export class Meter {
  private readonly startedAt = new Date();
  private readonly load = loadavg()[0];

  private constructor(
    private readonly fleet: Fleet,
    private readonly runner: Member,
    private readonly redis: RedisProbe | undefined,
    private readonly spent: Spent,
    private readonly server: number | undefined,
  ) {}

  static async start(fleet: Fleet, runner: Member, redis: RedisProbe | undefined): Promise<Meter> {
    return new Meter(fleet, runner, redis, await spentBy([...fleet.awake, runner]), await redis?.cpuSeconds());
  }

  async read() {
    const { redis, fleet, runner, startedAt } = this;
    const now = await spentBy([...fleet.awake, runner]);
    const took = (Date.now() - startedAt.getTime()) / second;
    const schedulers = this.growth([...fleet.awake], now);
    const server = redis && (100 * ((await redis.cpuSeconds()) - this.server!)) / took;
    await redis?.close();
    const { cpu, cores, node, server: version } = thisMachine(root);
    return {
      processor: {
        unit: '% of a core',
        ...{ schedulers: { ...shares(schedulers), measured: schedulers.length } },
        worker: shares(this.growth([runner], now)).median,
        ...(server !== undefined && { server }),
      },
      machine: { cpu, cores, node, server: version, load: [this.load, loadavg()[0]] },
      ...{ startedAt, took },
    };
  }

  private growth(members: readonly Member[], now: Spent) {
    return members.flatMap((member) => {
      const [first, last] = [this.spent.get(member), now.get(member)];
      return first && last ? [{ cpu: last.cpu - first.cpu, life: last.life - first.life }] : [];
    });
  }
}

async function spentBy(members: readonly Member[]): Promise<Spent> {
  return new Map(await Promise.all(members.map(async (member) => [member, await member.ask('spent')] as const)));
}
