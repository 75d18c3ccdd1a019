import { limits } from '../../job/limits.js';
import type { Lane } from '../store.js';
import type { Source } from './keys.js';
import { byLane, type Lanes } from './lanes.js';
import { type Entry, entryOf, idOfName, jobArguments } from './wire.js';

/** Entries of lanes that cannot be reached, past which a relay still looks for those of others. */
const mostStuck = 10 * limits.page;

/**
 * Carries what some outboxes hold, and what that leaves in others in turn, until nothing is left. Answers how many
 * arrived. The target remembers the last number it received from a source, so what is carried twice arrives once, and it
 * leaves the outbox only after it has arrived. A lane that cannot be reached keeps nothing from the others; in the end it
 * is the error.
 */
export async function relay(lanes: Lanes, ...from: Source[]): Promise<number> {
  const waiting = [...from];
  const errors: unknown[] = [];
  let arrived = 0;
  for (let source = waiting.shift(); source; source = waiting.shift()) {
    const closed = new Set<string>();
    for (let stuck = 0, more = true; more;) {
      const page = await carryPage(lanes, source, closed, stuck + limits.page);
      for (const next of page.stirred) if (!waiting.some((other) => nameOf(other) === nameOf(next))) waiting.push(next);
      arrived += page.arrived;
      errors.push(...page.errors);
      stuck = page.stuck;
      more = page.full && stuck <= mostStuck;
    }
  }
  if (errors.length > 0) throw errors[0];
  return arrived;
}

/** At the end of a verb that left something. What cannot be carried now stays; whoever calls `relay` next carries it. */
export async function relayNow(lanes: Lanes, ...from: Source[]): Promise<void> {
  await relay(lanes, ...from).catch(() => 0);
}

interface Page {
  arrived: number;
  /** Lanes whose outbox got something. */
  stirred: Lane[];
  errors: unknown[];
  /** How many stay, for lanes that cannot be reached. */
  stuck: number;
  /** There may be more. */
  full: boolean;
}

/**
 * The first entries of one outbox, in order: a target takes none whose number is below one it has had. So a lane that is
 * found `closed` gets nothing more from this relay.
 */
async function carryPage(lanes: Lanes, source: Source, closed: Set<string>, size: number): Promise<Page> {
  const outbox = lanes.keys.outbox(source);
  const texts = await lanes.connection.ask((client) => client.lrange(outbox, 0, size - 1));
  const entries: Entry[] = [];
  for (const text of texts) entries.push(await addressed(lanes, entryOf(text)));
  const groups = byLane(entries, (entry) => entry.to).filter(({ lane }) => !closed.has(nameOf(lane)));
  const outcomes = await Promise.allSettled(groups.map((group) => deliver(lanes, source, group)));

  const page: Page = { arrived: 0, stirred: [], errors: [], stuck: texts.length, full: texts.length === size };
  const carried: string[] = [];
  outcomes.forEach((outcome, i) => {
    const { lane, places } = groups[i]!;
    if (outcome.status === 'rejected') {
      closed.add(nameOf(lane));
      page.errors.push(outcome.reason);
      return;
    }
    const [fresh, posted] = outcome.value;
    page.arrived += fresh;
    if (posted > 0) page.stirred.push(lane);
    carried.push(...places.map((place) => texts[place]!));
  });
  page.stuck -= carried.length;
  await lanes.connection.ask((client) => Promise.all(carried.map((text) => client.lrem(outbox, 1, text))));
  return page;
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
