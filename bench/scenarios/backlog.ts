import { ours, type Sample, type Scenario } from '../scenario.js';
import { noLess } from '../support/targets.js';
import { contestants } from './contestants.js';
import { processRate } from './process.js';

const sizes = [
  { name: '10 k behind', behind: 10_000 },
  { name: '100 k behind', behind: 100_000 },
  { name: '1 M behind', behind: 1_000_000 },
];
/** More would keep a peer adding for minutes. */
const mostOfPeers = 100_000;

export const backlog: Scenario = {
  name: 'backlog',
  says: 'The rate of process-100 with so many more jobs waiting behind those that are run.',
  stores: ['redis', 'sqlite'],
  metrics: [
    { name: '10 k behind', unit: 'jobs/s', better: 'more' },
    { name: '100 k behind', unit: 'jobs/s', better: 'more' },
    { name: '1 M behind', unit: 'jobs/s', better: 'more' },
    { name: '1 M against 10 k', unit: '%', better: 'more', target: noLess(90, '%') },
  ],
  without: ['Peers are measured with up to 100 k jobs behind: to add a million takes them too long.'],
  jobs: 20_000,
  rounds: 3,
  contestants,
  async measure(turn) {
    const sample: Sample = {};
    for (const { name, behind } of sizes) {
      if (turn.contestant !== ours && behind > mostOfPeers) continue;
      sample[name] = await turn.part(turn.store, (part) => processRate(part, { concurrency: 100, behind }));
    }
    const [least, , most] = sizes.map(({ name }) => sample[name]);
    return most === undefined ? sample : { ...sample, '1 M against 10 k': (100 * most) / least! };
  },
};
