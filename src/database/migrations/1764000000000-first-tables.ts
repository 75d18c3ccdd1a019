import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Written so that SQLite and Postgres both take it: text columns only, instants as ISO 8601. */
export class FirstTables1764000000000 implements MigrationInterface {
  name = 'FirstTables1764000000000';

  async up(run: QueryRunner): Promise<void> {
    await run.query(`CREATE TABLE "orders" (
      "id" text PRIMARY KEY NOT NULL,
      "customerEmail" text NOT NULL,
      "items" text NOT NULL,
      "status" text NOT NULL,
      "createdAt" text NOT NULL,
      "processedAt" text
    )`);
    await run.query(`CREATE TABLE "reports" (
      "id" text PRIMARY KEY NOT NULL,
      "title" text NOT NULL,
      "rows" text NOT NULL,
      "createdAt" text NOT NULL
    )`);
    await run.query(`CREATE TABLE "users" (
      "id" text PRIMARY KEY NOT NULL,
      "email" text NOT NULL,
      "name" text NOT NULL,
      "createdAt" text NOT NULL
    )`);
  }

  async down(run: QueryRunner): Promise<void> {
    for (const table of ['users', 'reports', 'orders']) await run.query(`DROP TABLE "${table}"`);
  }
}
