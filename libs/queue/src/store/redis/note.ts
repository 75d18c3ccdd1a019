import type { Note } from '../store.js';
import type { Lanes } from './lanes.js';
import { lookUp } from './wire.js';

export async function note(lanes: Lanes, id: string, fence: number, left: Note): Promise<'noted' | 'stale'> {
  const address = lookUp(id);
  if (!address) return 'stale';
  const { log = [], progress, checkpoint, step } = left;
  const noted = await lanes.run<number>('note', address, [
    address.local,
    String(fence),
    log.length,
    log.map((line) => JSON.stringify(line)).join('\n'),
    ...optional(progress),
    ...optional(checkpoint),
    ...(step ? ['1', JSON.stringify(step.name), JSON.stringify(step.result)] : ['', '', '']),
  ]);
  return noted === 1 ? 'noted' : 'stale';
}

function optional(text: string | undefined): [string, string] {
  return text === undefined ? ['', ''] : ['1', text];
}
