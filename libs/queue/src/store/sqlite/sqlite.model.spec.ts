import { compareWithMemory } from '../behaviour/index.js';
import { sqlite } from './index.js';

compareWithMemory('sqlite', (clock) => sqlite({ path: ':memory:', clock }), { runs: 1000 });
