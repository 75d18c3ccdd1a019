export { sqlite, type SqliteOptions } from './sqlite-store.js';
