export { allOf, anyOf, at, calendar, type CalendarOptions, cron, every } from './builders.js';
export { checkTrigger } from './check-trigger.js';
export { type CustomNext, defineTrigger } from './custom.js';
export { describeTrigger } from './describe.js';
export { preview, type PreviewFrom } from './preview.js';
export { type Slots, slotsOf } from './slots-of.js';
export type { Instant } from '../../time/instant.js';
export type {
  AllOfOptions,
  AllOfTrigger,
  AnyOfTrigger,
  AtTrigger,
  Bounds,
  CalendarTrigger,
  CronTrigger,
  CronTriggerOptions,
  CustomTrigger,
  EveryOptions,
  EveryTrigger,
  NormalTrigger,
  Trigger,
} from './trigger.js';
