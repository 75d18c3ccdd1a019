import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../scenario.js';
import { Cast } from '../support/cast.js';
import { CommandCounter } from '../support/command-counter.js';
import { atMost } from '../support/targets.js';
import { contestants } from './contestants.js';

const batch = 250;
/** Milliseconds after the last handler for its settling to arrive. */
const afterwards = 500;
/** Seconds of doing nothing. */
const idle = 20;

export const commands: Scenario = {
  name: 'commands',
  says: `Redis commands for the life of a job (added ${batch} a call, run by one worker 100 at a time), and per second of that worker's idling: all that the server executes, those inside scripts too, and those that clients send.`,
  stores: ['redis'],
  metrics: [
    { name: 'per job', unit: 'commands', better: 'less', target: atMost(0.6, 'commands') },
    { name: 'sent per job', unit: 'commands', better: 'less' },
    { name: 'per idle second', unit: 'commands', better: 'less', target: atMost(2, 'commands') },
    { name: 'sent per idle second', unit: 'commands', better: 'less' },
  ],
  jobs: 10_000,
  rounds: 1,
  contestants,
  async measure(turn) {
    const counter = await CommandCounter.start(turn.url);
    turn.onEnd(() => counter.stop());
    const cast = new Cast(turn);
    const producer = await cast.producer();
    const life = await counter.during(async () => {
      await producer.ask('addBulk', turn.jobs, batch);
      await producer.stop();
      const worker = await cast.worker(100);
      await worker.ask('untilRan', turn.jobs);
      await sleep(afterwards);
    });
    const idling = await counter.during(() => sleep(idle * 1000));
    return {
      'per job': life.all / turn.jobs,
      'sent per job': life.sent / turn.jobs,
      'per idle second': idling.all / idle,
      'sent per idle second': idling.sent / idle,
    };
  },
};
