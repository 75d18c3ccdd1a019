import { describeStore } from '../behaviour/index.js';
import { sqlite } from './index.js';
import { onFreshFile } from './testdata/files.js';

describeStore('sqlite', (clock) => sqlite({ path: ':memory:', clock }));

describeStore('sqlite in a file', (clock) => onFreshFile((path) => sqlite({ path, clock })));
