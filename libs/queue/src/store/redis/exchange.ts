import type { JobState } from '../../job/state.js';
import type { ExchangeAnswer, ExchangeRequest } from '../store.js';
import { escapeWorker } from './keys.js';
import type { Lanes } from './lanes.js';
import { relayNow } from './relay.js';
import { claimedJobs, idOf, settlementArguments, stateOf } from './wire.js';

type Gone = [now: number, gone: 'GONE', paused: number];
type Exchanged = [
  now: number,
  settled: string,
  firstFence: string,
  jobs: (string | null)[],
  cancels: string[],
  dueIn: number | '',
  more: number,
  paused: number,
  suspects: number,
  outbox: number,
  alone: number,
  overdue: number,
];

/** One script call; a second one only when something that was settled has an effect in another lane. */
export async function exchange(lanes: Lanes, request: ExchangeRequest): Promise<ExchangeAnswer> {
  const { lane, settle } = request;
  const worker = escapeWorker(request.worker);
  const args: (string | number)[] = [worker, request.lease, request.want, request.alone ? '1' : '', settle.length];
  settlementArguments(args, lane, settle);

  const answer = await lanes.run<Gone | Exchanged>('exchange', lane, args, [lanes.keys.holds(lane, worker)]);
  if (answer[1] === 'GONE') return gone(answer as Gone);
  const [now, settled, firstFence, jobs, cancels, dueIn, more, paused, suspects, outbox, alone, overdue] =
    answer as Exchanged;
  if (outbox > 0) await relayNow(lanes, lane);

  return {
    settled: statesOf(settled),
    jobs: claimedJobs(lane, jobs, Number(firstFence), alone === 1),
    cancels: cancels.map((local) => idOf(lane, local)),
    dueIn: dueIn === '' ? undefined : dueIn,
    more: more === 1,
    paused: paused === 1,
    suspects,
    overdue: overdue === 1,
    now,
  };
}

function gone([now, , paused]: Gone): ExchangeAnswer {
  return {
    gone: true,
    settled: [],
    jobs: [],
    cancels: [],
    more: false,
    paused: paused === 1,
    suspects: 0,
    overdue: false,
    now,
  };
}

/** A letter per settlement. */
function statesOf(letters: string): (JobState | 'stale')[] {
  const states = new Array<JobState | 'stale'>(letters.length);
  for (let i = 0; i < letters.length; i++) states[i] = letters[i] === '-' ? 'stale' : stateOf(letters[i]!);
  return states;
}
