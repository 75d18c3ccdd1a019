import { limits } from '../../job/limits.js';
import type { ExchangeAnswer, ExchangeRequest } from '../store.js';
import { carryWithin } from './after.js';
import { Claim } from './claim.js';
import { settle } from './settle.js';
import type { Shard } from './shard.js';
import type { World } from './world.js';

/** Settle, renew, promote, open gates, claim, hand back: the whole conversation of a worker with one shard. */
export function exchange(world: World, request: ExchangeRequest): ExchangeAnswer {
  const now = world.now();
  const { paused } = world.settings(request.lane.queue);
  const shard = world.shard(request.lane);
  shard?.leases.beat(now);
  if (!shard?.leases.has(request.worker)) {
    return { gone: true, settled: [], jobs: [], cancels: [], more: false, paused, suspects: 0, overdue: false, now };
  }

  const settled = request.settle.map((ending) => settle(world, shard, request.worker, ending, now));
  carryWithin(world, shard);
  shard.leases.renew(request.worker, request.lease, now);
  promote(shard, now);
  shard.gates.wake(now);
  const claim = new Claim(shard, request.worker, now);
  const jobs = claim.run(paused ? 0 : request.want, request.alone ?? false);
  const cancels = [...(shard.holds.get(request.worker)?.values() ?? [])].filter((job) => job.cancelling);

  return {
    settled,
    jobs,
    cancels: cancels.map((job) => job.id),
    dueIn: dueIn(shard, now),
    more: anyInLine(shard) && shard.room(now) > 0,
    paused,
    suspects: shard.suspects.size,
    overdue: now >= shard.leases.graceUntil && shard.leases.anyEnded(now),
    now,
  };
}

/** What is due becomes ready, earliest first, a bounded number at a time. */
function promote(shard: Shard, now: number): void {
  for (let left = limits.promote; left > 0; left--) {
    const job = shard.scheduled.first;
    if (!job || job.dueAt! > now) return;
    shard.promote(job, now);
  }
}

function anyInLine({ bands }: Shard): boolean {
  return bands.some((band) => band.size > 0);
}

/** The next scheduled job, the next gate that opens by the clock, or what only the rate of the queue keeps in line. */
function dueIn(shard: Shard, now: number): number | undefined {
  const times = [
    shard.scheduled.first?.dueAt,
    shard.gates.nextWake,
    anyInLine(shard) ? shard.nextToken(now) : undefined,
  ];
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.max(0, Math.min(...known) - now) : undefined;
}
