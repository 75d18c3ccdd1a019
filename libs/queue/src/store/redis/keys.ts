import { ConfigInvalid } from '../../job/errors.js';
import type { Lane } from '../store.js';

/** What a lane is made of, in the order in which every script gets it as KEYS. The label of `lua/lane.lua` says what each holds. */
const parts = 'm j h r0 r1 r2 r3 q d w n u v f c x e k t y g z o p b l i s r'.split(' ');

/** What the schedules of a namespace are made of, in the order in which every script of theirs gets it as KEYS. */
const book = ['schedules', 'heads', 'slots', 'due', 'ids', 'owners', 'fired', 'sent'] as const;

type BookPart = (typeof book)[number];

/** What has an outbox. */
export type Source = Lane | 'schedules';

const shape = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Every name this store gives to a key or channel. All keys of a lane share the hash tag in braces, so one script touches one slot. */
export class KeyNames {
  private readonly lanes = new Map<string, string[]>();

  constructor(readonly namespace: string) {
    if (shape.test(namespace)) return;
    throw new ConfigInvalid(
      'namespace',
      `The namespace '${namespace}' may have 1–64 letters, digits, '_', '.' and '-', beginning with a letter or digit.`,
    );
  }

  /** The keys of a lane, for KEYS. */
  lane(lane: Lane): string[] {
    const tag = this.tag(lane);
    let keys = this.lanes.get(tag);
    if (!keys) this.lanes.set(tag, (keys = parts.map((part) => tag + part)));
    return keys;
  }

  /** One key of a lane. */
  of(lane: Lane, part: LanePart): string {
    return this.tag(lane) + part;
  }

  /** What a worker holds in a lane. */
  holds(lane: Lane, worker: string): string {
    return `${this.tag(lane)}a:${worker}`;
  }

  /** Channel of those who take work from a lane: `ready`, `cancelled`. */
  work(lane: Lane): string {
    return `${this.tag(lane)}work`;
  }

  /** Channel of those who watch jobs of a lane: local ids. */
  jobs(lane: Lane): string {
    return `${this.tag(lane)}jobs`;
  }

  /** Registry: queue → number of shards. */
  get queues(): string {
    return `{${this.namespace}}:queues`;
  }

  /** Registry: queue → `<version> <its settings>`. */
  get settings(): string {
    return `{${this.namespace}}:settings`;
  }

  /** Registry: worker id → its record. */
  get workers(): string {
    return `{${this.namespace}}:workers`;
  }

  /** The schedules, for KEYS: all in one slot. The label of `lua/book.lua` says what each holds. */
  get book(): string[] {
    return book.map((part) => this.inBook(part));
  }

  /** One key of the schedules. */
  inBook(part: BookPart): string {
    return `{${this.namespace}}:${part}`;
  }

  /** Channel of those who wait for the next slot of any schedule. */
  get schedulesWork(): string {
    return `{${this.namespace}}:schedules-work`;
  }

  /** What leaves a lane, or what the schedules have fired, on its way to other lanes. */
  outbox(source: Source): string {
    return source === 'schedules' ? this.inBook('fired') : this.of(source, 'o');
  }

  /** Registry: schema version. */
  get schema(): string {
    return `{${this.namespace}}:schema`;
  }

  private tag({ queue, shard }: Lane): string {
    return `{${this.namespace}:${queue}:${shard}}:`;
  }
}

/** Meta, births, headers, bands, suspects, scheduled, leases, unique keys, timed ones, facets, completed, cancelled, failed, lasting, minutes, ghosts, outbox, blocked, parked, gates, when they wake. */
export type LanePart =
  | 'm'
  | 'j'
  | 'h'
  | `r${number}`
  | 'q'
  | 'd'
  | 'w'
  | 'u'
  | 'v'
  | 'f'
  | 'c'
  | 'x'
  | 'e'
  | 'k'
  | 'y'
  | 'g'
  | 'o'
  | 'b'
  | 'l'
  | 'i'
  | 's';

/** The Redis type each part of a lane, of the registry and of the schedules must have. */
export const keyTypes: Record<string, string> = {
  m: 'hash', j: 'hash', h: 'hash', r0: 'list', r1: 'list', r2: 'list', r3: 'list', q: 'list', d: 'zset', w: 'zset',
  n: 'hash', u: 'hash', v: 'zset', f: 'hash', c: 'zset', x: 'zset', e: 'zset', k: 'zset', t: 'zset', y: 'hash',
  g: 'hash', z: 'hash', o: 'list', p: 'hash', b: 'zset', l: 'zset', i: 'hash', s: 'zset', r: 'hash', queues: 'hash', settings: 'hash', workers: 'hash', schema: 'string',
  schedules: 'hash', heads: 'hash', slots: 'hash', due: 'zset', ids: 'zset', owners: 'zset', fired: 'list', sent: 'string',
}; // prettier-ignore

/** A worker's id as it stands in keys and headers, where a comma and braces have a meaning. */
export function escapeWorker(id: string): string {
  return /[%,{}\s]/.test(id) ? id.replace(/[%,{}\s]/g, (char) => encodeURIComponent(char)) : id;
}

export function unescapeWorker(text: string): string {
  return text.includes('%') ? decodeURIComponent(text) : text;
}
