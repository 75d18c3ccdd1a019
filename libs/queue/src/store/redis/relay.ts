import { limits } from '../../job/limits.js';
import type { Lane } from '../store.js';
import { byLane, type Lanes } from './lanes.js';
import { jobArguments, outboxEntry } from './wire.js';

/**
 * Carries what a lane's outbox holds to the lanes it is for; a page, in order. The target remembers the last number it
 * received from here, so what is carried twice arrives once, and it leaves the outbox only after it has arrived.
 */
export async function relay(lanes: Lanes, lane: Lane): Promise<number> {
  const outbox = lanes.keys.of(lane, 'o');
  const texts = await lanes.connection.ask((client) => client.lrange(outbox, 0, limits.page - 1));
  if (texts.length === 0) return 0;
  const groups = byLane(texts.map(outboxEntry), ({ job }) => job.id);
  const carried = await Promise.all(
    groups.map(async ({ lane: target, items, locals }) => {
      await lanes.connection.ask(() => lanes.know(target));
      const args: (string | number)[] = [`${lane.queue}:${lane.shard}`, items.at(-1)!.number, items.length];
      items.forEach(({ job }, i) => jobArguments(args, locals[i]!, job));
      args.push(...items.map(({ number }) => number));
      return lanes.run<number>('relay', target, args);
    }),
  );
  await lanes.connection.ask((client) => Promise.all(texts.map((text) => client.lrem(outbox, 1, text))));
  return carried.reduce((sum, n) => sum + n, 0);
}
