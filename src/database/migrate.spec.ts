import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { Order } from '../orders/order.entity.js';
import { dataSourceOptions } from './data-source.js';
import { migrate } from './migrate.js';

describe('migrate', () => {
  let folder: string;
  let databases: DataSource[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-migrate-'));
    databases = await Promise.all(
      Array.from({ length: 3 }, () => new DataSource(dataSourceOptions(`sqlite:${folder}/deep/shop.db`)).initialize()),
    );
  });
  afterEach(async () => {
    await Promise.all(databases.map((database) => database.destroy()));
    rmSync(folder, { recursive: true });
  });

  it('makes the tables once, however many boot at the same time', async () => {
    await Promise.all(databases.map(migrate));

    const [row] = await databases[0]!.query<[{ n: number }]>('SELECT count(*) AS n FROM migrations');
    expect(row.n).toBe(databases[0]!.migrations.length);
  });

  it('makes tables that fit the entities', async () => {
    await migrate(databases[0]!);

    const { upQueries } = await databases[0]!.driver.createSchemaBuilder().log();

    expect(upQueries.map((query) => query.query)).toEqual([]);
  });

  it('keeps what one connection wrote for the others', async () => {
    await migrate(databases[0]!);
    const order = { id: '1', customerEmail: 'ada@example.com', items: [{ sku: 'TEA-01', quantity: 2 }] };
    await databases[0]!
      .getRepository(Order)
      .insert({ ...order, status: 'placed', createdAt: '2026-01-01T00:00:00.000Z' });

    expect(await databases[1]!.getRepository(Order).findOneBy({ id: '1' })).toMatchObject({
      ...order,
      processedAt: null,
    });
  });
});
