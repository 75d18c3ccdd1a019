import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What runs by the clock asks for rows by their date. */
const indexes = [
  ['orders_by_creation', 'orders', 'createdAt'],
  ['orders_by_processing', 'orders', 'processedAt'],
  ['reports_by_creation', 'reports', 'createdAt'],
] as const;

export class ByDate1764600000000 implements MigrationInterface {
  name = 'ByDate1764600000000';

  async up(run: QueryRunner): Promise<void> {
    for (const [name, table, column] of indexes) await run.query(`CREATE INDEX "${name}" ON "${table}" ("${column}")`);
  }

  async down(run: QueryRunner): Promise<void> {
    for (const [name] of indexes) await run.query(`DROP INDEX "${name}"`);
  }
}
