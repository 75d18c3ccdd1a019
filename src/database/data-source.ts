import libsql from 'libsql';
import type { DataSourceOptions } from 'typeorm';
import { Order } from '../orders/order.entity.js';
import { Report } from '../reports/report.entity.js';
import { User } from '../accounts/user.entity.js';
import { FirstTables1764000000000 } from './migrations/1764000000000-first-tables.js';
import { ByDate1764600000000 } from './migrations/1764600000000-by-date.js';

/** From `sqlite:<file>` or `postgres://…` to what TypeORM needs. Tables come from migrations only. */
export function dataSourceOptions(url: string): DataSourceOptions {
  const shared = { entities: [Order, Report, User], migrations: [FirstTables1764000000000, ByDate1764600000000] };
  if (!url.startsWith('sqlite:')) return { ...shared, type: 'postgres', url };
  return {
    ...shared,
    type: 'better-sqlite3',
    // libsql speaks the better-sqlite3 API and ships ready-made binaries, so nothing is compiled on install.
    driver: libsql,
    database: url.replace(/^sqlite:(\/\/)?/, ''),
    enableWAL: true,
    timeout: 5000,
  };
}
