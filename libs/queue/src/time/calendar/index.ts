export { describeCalendar } from './describe.js';
export { nextCalendar } from './next.js';
export { type CalendarFields, calendarUnits, parseCalendar } from './parse.js';
export type { CalendarPattern, ClockTime, Overflow } from './pattern.js';
