import { limits } from '../../job/limits.js';
import type { Lane } from '../store.js';
import type { Source } from './keys.js';
import { byLane, type Lanes } from './lanes.js';
import { type Entry, entryOf, idOfName, jobArguments } from './wire.js';

/**
 * Carries what some outboxes hold, and what that leaves in others in turn, until nothing is left. Answers how many
 * arrived. The target remembers the last number it received from a source, so what is carried twice arrives once, and it
 * leaves the outbox only after it has arrived.
 */
export async function relay(lanes: Lanes, ...from: Source[]): Promise<number> {
  const waiting = [...from];
  let arrived = 0;
  for (let source = waiting.shift(); source; source = waiting.shift()) {
    for (let more = true; more;) {
      const page = await carryPage(lanes, source);
      for (const next of page.stirred) if (!waiting.some((other) => nameOf(other) === nameOf(next))) waiting.push(next);
      arrived += page.arrived;
      more = page.full;
    }
  }
  return arrived;
}

/** At the end of a verb that left something. What cannot be carried now stays; whoever calls `relay` next carries it. */
export async function relayNow(lanes: Lanes, ...from: Source[]): Promise<void> {
  await relay(lanes, ...from).catch(() => 0);
}

/** A page of one outbox, in order. `stirred`: lanes whose outbox got something. */
async function carryPage(lanes: Lanes, source: Source): Promise<{ arrived: number; full: boolean; stirred: Lane[] }> {
  const outbox = lanes.keys.outbox(source);
  const texts = await lanes.connection.ask((client) => client.lrange(outbox, 0, limits.page - 1));
  if (texts.length === 0) return { arrived: 0, full: false, stirred: [] };
  const entries: Entry[] = [];
  for (const text of texts) entries.push(await addressed(lanes, entryOf(text)));
  const groups = byLane(entries, (entry) => entry.to);
  const outcomes = await Promise.allSettled(groups.map((group) => deliver(lanes, source, group)));
  // A lane that cannot be reached keeps nothing from the others.
  const carried = groups.filter((_, i) => outcomes[i]!.status === 'fulfilled').flatMap(({ places }) => places);
  await lanes.connection.ask((client) => Promise.all(carried.map((place) => client.lrem(outbox, 1, texts[place]!))));
  const answers = outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  return {
    arrived: answers.reduce((sum, [fresh]) => sum + fresh, 0),
    full: texts.length === limits.page,
    stirred: groups.flatMap(({ lane: target }, i) => (answers[i]![1] > 0 ? [target] : [])),
  };
}

/** A parent whose lane never was cannot answer, and asking would make the lane: its child hears at once. */
async function addressed(lanes: Lanes, entry: Entry): Promise<Entry> {
  if (!('effect' in entry) || entry.effect.kind !== 'link' || (await lanes.exists(entry.to))) return entry;
  const { from, to } = entry.effect;
  return { number: entry.number, to: idOfName(from), effect: { kind: 'ended', from: to, to: from } };
}

async function deliver(
  lanes: Lanes,
  from: Source,
  { lane: target, items, locals }: { lane: Lane; items: Entry[]; locals: string[] },
): Promise<[fresh: number, posted: number]> {
  await lanes.connection.ask(() => lanes.know(target));
  const args: (string | number)[] = [nameOf(from), items.at(-1)!.number, items.length];
  items.forEach((entry, i) => {
    if ('job' in entry) return jobArguments(args, locals[i]!, entry.job);
    args.push(entry.effect.to, `!${entry.effect.kind}`, entry.effect.from);
  });
  args.push(...items.map(({ number }) => number));
  return lanes.run<[number, number]>('relay', target, args);
}

/** As targets remember a source. */
function nameOf(source: Source): string {
  return source === 'schedules' ? source : `${source.queue}:${source.shard}`;
}
