import { type Codec, type Envelope, open } from '../job/envelope.js';
import { Undecodable } from '../job/plain.js';
import type { NewJob, ScheduleRecord } from '../store/store.js';
import type { Policy } from './policy.js';
import type { Trigger } from './trigger/index.js';

/** The job a schedule makes, but for its id and its slot: a body no codec has changed. */
export type JobPattern = Omit<NewJob, 'id' | 'due' | 'after' | 'parent' | 'root'> & { queue: string };

/** What a schedule does, as the store keeps it in the body. Grows only: an older process ignores what it does not know. */
export interface Definition extends Policy {
  trigger: Trigger;
  /** What intervals count from: when this trigger was first put, epoch milliseconds. */
  anchor: number;
  job: JobPattern;
  onBoot?: boolean;
  /** Jobs it had made when `count` began. */
  made?: number;
}

export function writeDefinition(definition: Definition, codec?: Codec): string {
  const text = JSON.stringify(definition);
  return codec ? codec.encode(text) : text;
}

/** Throws `Undecodable`. */
export function readDefinition(body: string, codec?: Codec): Definition {
  try {
    return JSON.parse(codec ? codec.decode(body) : body) as Definition;
  } catch (error) {
    throw new Undecodable(error);
  }
}

/** Definitions by the version of their schedule, as each is read again at every slot. */
export class Definitions {
  private readonly read = new Map<string, { body: string; definition: Definition }>();

  constructor(
    private readonly codec: Codec | undefined,
    private readonly most = 10_000,
  ) {}

  /** Throws `Undecodable`. */
  of({ id, body }: ScheduleRecord): Definition {
    const known = this.read.get(id);
    if (known?.body === body) return known.definition;
    const definition = readDefinition(body, this.codec);
    if (this.read.size >= this.most) this.read.clear();
    this.read.set(id, { body, definition });
    return definition;
  }
}

/** The payload and options that wait in a pattern. */
export function envelopeOf(pattern: JobPattern): Envelope {
  return open(pattern.body);
}
