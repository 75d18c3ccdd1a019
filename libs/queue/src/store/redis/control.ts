import type { ControlAnswer, Due, Lane } from '../store.js';
import { type Lanes, perLane } from './lanes.js';
import { relayNow } from './relay.js';
import { stateOf } from './wire.js';

const unknown = (id: string): ControlAnswer => ({ id, applied: false, state: undefined });

/** `'-'`, or `<applied><state>`; without a state the job is gone. */
function readAnswer(id: string, code: string): ControlAnswer {
  if (code === '-') return unknown(id);
  return { id, applied: code[0] === '1', state: code.length > 1 ? stateOf(code[1]!) : undefined };
}

export async function cancel(lanes: Lanes, ids: string[], options: { reason?: string; force?: boolean } = {}) {
  const { reason = 'request', force = false } = options;
  return perLaneThenRelay(lanes, ids, async (lane, locals, full) => {
    const codes = new Array<string | undefined>(locals.length).fill(undefined);
    const holders = new Set<string>();
    // With force, what a worker holds is a key, and which worker it is stands in the job: the script says whom to name.
    let left = 0;
    for (;;) {
      const open = [...codes.keys()].filter((i) => codes[i] === undefined);
      if (open.length === 0) break;
      const args = [force ? '1' : '', reason, holders.size, ...holders, ...open.map((i) => locals[i]!)];
      const holds = [...holders].map((worker) => lanes.keys.holds(lane, worker));
      const [found, posted] = await lanes.run<[string[], number]>('cancel', lane, args, holds);
      left += posted;
      open.forEach((i, n) => {
        if (found[n]!.startsWith('!')) holders.add(found[n]!.slice(1));
        else codes[i] = found[n];
      });
    }
    const answers = full.map((id, i) => {
      const answer = readAnswer(id, codes[i]!);
      return answer.applied && answer.state === 'active' ? { ...answer, signalled: true } : answer;
    });
    return { answers, posted: left };
  });
}

export async function retry(lanes: Lanes, ids: string[]): Promise<ControlAnswer[]> {
  return perLane(ids, unknown, async (lane, locals, full) => {
    const codes = await lanes.run<string[]>('retry', lane, locals);
    return full.map((id, i) => readAnswer(id, codes[i]!));
  });
}

export async function reschedule(lanes: Lanes, ids: string[], due: Due | undefined): Promise<ControlAnswer[]> {
  const when = !due ? ['', ''] : 'in' in due ? ['in', due.in] : ['at', due.at];
  return perLane(ids, unknown, async (lane, locals, full) => {
    const codes = await lanes.run<string[]>('reschedule', lane, [...when, ...locals]);
    return full.map((id, i) => readAnswer(id, codes[i]!));
  });
}

export async function remove(lanes: Lanes, ids: string[]): Promise<ControlAnswer[]> {
  return perLaneThenRelay(lanes, ids, async (lane, locals, full) => {
    const [codes, posted] = await lanes.run<[string[], number]>('remove', lane, locals);
    return { answers: full.map((id, i) => readAnswer(id, codes[i]!)), posted };
  });
}

/** What an ending means to jobs of other lanes is told once all of these have got what was asked for them: it must not come before that. */
async function perLaneThenRelay(
  lanes: Lanes,
  ids: string[],
  ask: (lane: Lane, locals: string[], ids: string[]) => Promise<{ answers: ControlAnswer[]; posted: number }>,
): Promise<ControlAnswer[]> {
  const left: Lane[] = [];
  const answers = await perLane(ids, unknown, async (lane, locals, full) => {
    const { answers, posted } = await ask(lane, locals, full);
    if (posted > 0) left.push(lane);
    return answers;
  });
  for (const lane of new Set(left)) await relayNow(lanes, lane);
  return answers;
}
