import { createHash } from 'node:crypto';
import { limits } from '../../job/limits.js';
import { lua } from './lua.generated.js';

/** What others begin with. */
type Shared = 'lane' | 'gates' | 'moves' | 'adding' | 'book';

const shared: ReadonlySet<string> = new Set<Shared>(['lane', 'gates', 'moves', 'adding', 'book']);

export type ScriptName = Exclude<keyof typeof lua, Shared>;

export interface Script {
  name: ScriptName;
  text: string;
  sha: string;
}

export type Scripts = Record<ScriptName, Script>;

/** Those that need to know how jobs come into a lane. */
const adding: ReadonlySet<ScriptName> = new Set(['enqueue', 'exchange', 'retry', 'relay']);

/**
 * Redis 6.2 refuses a script that has no memory at its first write that may need some; after a write that frees, and be it
 * nothing, it goes on.
 */
const freeing = "redis.call('HDEL', KEYS[1], '')\n";

/** With the numbers themselves: a table of all limits would be made by every call. */
function bounded(text: string): string {
  return text.replace(/\blimits\.(\w+)/g, (_, name: keyof typeof limits) => String(limits[name]));
}

/**
 * With a function of its own from each seam on. When Lua makes a function it walks, for each variable that is shared with
 * it, over all that the surrounding function shares so far; cut in three, a script begins in less than half the time. One
 * function may share 60.
 */
function nested(text: string): string {
  const parts = text.split(/^(?=-- (?:Headers|Gates) -+$)/m);
  return parts.join('return (function()\n') + 'end)()\n'.repeat(parts.length - 1);
}

/** What every script of a lane begins with, the verb's own shortcut before the moves, and the verb. */
function withLane(name: ScriptName, constants: string): string {
  const verb = lua[name].split(longWay);
  const [shortcut, rest] = verb.length > 1 ? [verb[0]!, verb.slice(1).join('')] : ['', lua[name]];
  const [figures, ...jobs] = lua.lane.split(/^(?=-- Headers -+$)/m);
  const moves = jobs.join('') + lua.gates + lua.moves;
  return constants + figures! + shortcut + moves + (adding.has(name) ? lua.adding : '') + rest;
}

/** A verb that may end before this line is spared the making of all that its long way needs. */
const longWay = /^(?=-- The long way -+$)/m;

/** Those of the registry, which has no lane. */
const ofRegistry: ReadonlySet<ScriptName> = new Set(['know', 'queues', 'registry', 'settings']);

/** Those of the schedules. */
const ofSchedules: ReadonlySet<ScriptName> = new Set(['putSchedule', 'removeSchedule', 'schedules', 'fire']);

/** What a script may do while memory is full; most drain, or help to, and are allowed to go on. */
const whenFull: Partial<Record<ScriptName, keyof Dialect>> = {
  enqueue: 'refused',
  putSchedule: 'refusedAtFirst',
  schedules: 'looking',
};

/** How a script begins that is refused whole, refused at its first write unless that one frees, allowed, or only looks. */
type Dialect = Record<'refused' | 'refusedAtFirst' | 'allowed' | 'looking', string>;

/** Redis 7 and newer read flags from the first line; without that line a script is treated as by an older one. */
const dialects: Record<'flags' | 'plain', Dialect> = {
  flags: {
    refused: '#!lua\n',
    refusedAtFirst: '',
    allowed: '#!lua flags=allow-oom\n',
    looking: '#!lua flags=no-writes\n',
  },
  plain: { refused: '', refusedAtFirst: '', allowed: freeing, looking: '' },
};

/** With what all of its kind share in front. */
function whole(name: ScriptName, constants: string): string {
  if (ofRegistry.has(name)) return lua[name];
  return ofSchedules.has(name) ? constants + lua.book + lua[name] : withLane(name, constants);
}

/** The scripts in the dialect of a server. Each is one verb. */
export function compose({ flags, sharded }: { flags: boolean; sharded: boolean }): Scripts {
  const dialect = dialects[flags ? 'flags' : 'plain'];
  const constants = `local PUBLISH = '${sharded ? 'SPUBLISH' : 'PUBLISH'}'\n`;
  const names = Object.keys(lua).filter((name) => !shared.has(name)) as ScriptName[];

  return Object.fromEntries(
    names.map((name) => {
      const text = dialect[whenFull[name] ?? 'allowed'] + nested(bounded(whole(name, constants)));
      return [name, { name, text, sha: createHash('sha1').update(text).digest('hex') }];
    }),
  ) as Scripts;
}
