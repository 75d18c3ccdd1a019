export { type CronFields, cronFieldNames } from './cron-fields.js';
export { describeCron } from './describe.js';
export { nextCron } from './next.js';
export { type CronOptions, parseCron } from './parse.js';
export type { CronPattern, DayMatch } from './pattern.js';
