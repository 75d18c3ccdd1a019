import { type JobState, priorities } from '../../job/state.js';
import { bandAt, closedBy, type GateFigures, gateName, saidOf, termsAt, ticketAt } from '../gating.js';
import type { Gate, QueueSettings, Violation } from '../store.js';

interface Gated {
  id: string;
  task: string;
  state: JobState;
  priority: number;
  enqueuedAt: number;
  dueAt?: number;
  gates: readonly Gate[];
  /** How many of them it has passed, innermost first. */
  passed: number;
  /** While parked in front of the next one. */
  ticket?: string;
}

/** What a store counts of a gate, and when it will look at it again by the clock. */
interface Counted extends GateFigures {
  name: string;
  wake?: number;
}

interface Found {
  taken: number;
  queued: number[];
  waits: number[];
  /** By band, the one with the first ticket. */
  heads: (Gated | undefined)[];
}

/**
 * I13: a job in a line or active has passed all its gates, a parked one stands in front of the next; others keep an order
 * gate at most. What is counted of each gate is what the jobs say, each gate is needed, and none keeps jobs waiting that
 * nobody will look at. Hand it the jobs of one shard.
 */
export function checkGates(
  jobs: Iterable<Gated>,
  gates: Iterable<Counted>,
  settings: Pick<QueueSettings, 'tasks'>,
  now: number,
): Violation[] {
  const found = new Map<string, Found>();
  const astray: string[] = [];
  for (const job of jobs) {
    if (!isSound(job)) astray.push(job.id);
    else count(job, found);
  }
  const violations = violation('do not stand where their gates say', astray);
  for (const gate of gates) {
    const { taken, queued, waits, heads } = found.get(gate.name) ?? nothing();
    found.delete(gate.name);
    const says = [gate.taken, ...gate.queued, ...gate.waits].join() === [taken, ...queued, ...waits].join();
    if (!says) violations.push(...violation(`what is counted of the gate ${gate.name} is wrong`));
    if (gate.wake !== undefined || taken > 0) continue;
    const waiting = heads.filter((head) => head !== undefined);
    if (waiting.length === 0) violations.push(...violation(`nobody needs the gate ${gate.name}`));
    else if (!waiting.some((head) => isPaused(gate, head, settings, now))) {
      violations.push(
        ...violation(
          `nobody will look at the gate ${gate.name}`,
          waiting.map(({ id }) => id),
        ),
      );
    }
  }
  return [...violations, ...[...found.keys()].flatMap((name) => violation(`nothing is known of the gate ${name}`))];
}

function isSound(job: Gated): boolean {
  const { state, gates, passed, ticket } = job;
  const next = gates[passed];
  if (state === 'ready') return ticket === (next && ticketAt(next, job));
  if (ticket !== undefined) return false;
  if (state === 'active') return passed === gates.length;
  const keepsOrder = state === 'scheduled' || (state === 'failed' && gates[0]?.holdFailed);
  return passed === 0 || (passed === 1 && gates[0]?.kind === 'order' && keepsOrder === true);
}

function count(job: Gated, found: Map<string, Found>): void {
  job.gates.slice(0, job.passed).forEach((gate) => {
    const of = foundOf(gate, found);
    of.taken++;
    if (job.state === 'ready') of.queued[bandAt(gate, job.priority)]!++;
  });
  if (job.ticket === undefined) return;
  const gate = job.gates[job.passed]!;
  const band = bandAt(gate, job.priority);
  const of = foundOf(gate, found);
  of.waits[band]!++;
  if (!of.heads[band] || job.ticket < of.heads[band].ticket!) of.heads[band] = job;
}

function foundOf(gate: Gate, found: Map<string, Found>): Found {
  const name = gateName(gate);
  if (!found.has(name)) found.set(name, nothing());
  return found.get(name)!;
}

/** What is waited for is a change of the settings. */
function isPaused(gate: GateFigures, job: Gated, settings: Pick<QueueSettings, 'tasks'>, now: number): boolean {
  const at = job.gates[job.passed]!;
  return closedBy(gate, termsAt(at, saidOf(settings, job.task)), bandAt(at, job.priority), now) === 'paused';
}

function nothing(): Found {
  const none = () => priorities.map(() => 0);
  return { taken: 0, queued: none(), waits: none(), heads: priorities.map(() => undefined) };
}

function violation(says: string, jobs?: string[]): Violation[] {
  return jobs?.length === 0 ? [] : [{ invariant: 'I13', says, jobs: jobs ?? [] }];
}
