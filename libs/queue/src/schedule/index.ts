/** The schedule room, as the front door shows it. */
export { At, CalendarEvery, Cron, type Declaration, type DeclareOptions, Every } from './decorators.js';
export type { NamedScheduleOptions, NewScheduleOptions, PutOptions, ScheduledJobOptions } from './options.js';
export type { Misfire, Overlap, SchedulePolicy } from './policy.js';
export { Schedules, type SchedulesOptions, type SchedulesPage } from './schedules.js';
export type { ScheduleView, SlotView } from './view.js';
export * from './trigger/index.js';
