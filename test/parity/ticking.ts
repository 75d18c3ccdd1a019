import { defineTasks, type Duration, task, type TaskContext } from 'millrace';
import { ManualClock } from 'millrace/testing';
import { mill, type Parts } from './mill.js';

/** The task that schedules of these tests start. */
export class Ticks extends defineTasks('work', {
  tick: task({ queue: 'work', retry: { attempts: 1 } }),
  narrow: task({ queue: 'work', maxActive: 2 }),
}) {}

/** What one run has seen. */
export interface Run {
  schedule?: string;
  slot: string;
  /** When it began. */
  at: string;
  job: string;
}

/** An application whose one task notes its runs, and then does what `run` says. */
export async function ticking({ run, ...parts }: Parts & { run?: (context: TaskContext) => unknown } = {}) {
  const ran: Run[] = [];
  // A job may run before the application is there as a whole.
  const { clock = new ManualClock() } = parts;
  const m = await mill({
    handlers: [
      [
        Ticks.tick,
        (_: unknown, context) => {
          const { job, scheduledFor } = context;
          ran.push({ schedule: job.scheduleId, slot: iso(scheduledFor!), at: iso(clock.now()), job: job.id });
          return run?.(context);
        },
      ],
    ],
    ...parts,
    clock,
  });
  return Object.assign(m, {
    ran,

    /** All stand still for so long, as in a paused process, and then go on. */
    async stall(by: Duration): Promise<void> {
      await m.turn(0);
      m.clock.freeze(by);
      await m.turn(0);
    },

    /** Turns the clock to an instant. All but the last two seconds pass unseen, as nobody has to wait for them. */
    async until(instant: number | string): Promise<void> {
      const left = new Date(instant).getTime() - m.clock.now();
      await m.turn(0);
      m.clock.freeze(Math.max(0, left - 2000));
      await m.turn(Math.min(left, 2000));
      await m.turn(0);
    },
  });
}

/** `2027-03-28T01:00:00Z`, whatever an instant is written like. */
export function iso(instant: number | string | Date): string {
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}

/** Several of them. */
export function times(...instants: readonly (number | string)[]): string[] {
  return instants.map(iso);
}
