import { describeStore } from '../behaviour/index.js';
import { sqlite } from './index.js';

describeStore('sqlite', (clock) => sqlite({ path: ':memory:', clock }));
