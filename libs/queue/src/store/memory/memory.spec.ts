import { describeStore } from '../behaviour/index.js';
import { memory } from './index.js';

describeStore('memory', (clock) => memory({ clock }));
