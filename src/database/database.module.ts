import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Settings } from '../config/settings.js';
import { dataSourceOptions } from './data-source.js';
import { migrate } from './migrate.js';

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Settings],
      useFactory: (settings: Settings) => ({ ...dataSourceOptions(settings.DATABASE_URL), retryAttempts: 3 }),
      dataSourceFactory: async (options) => {
        const database = await new DataSource(options as DataSourceOptions).initialize();
        await migrate(database);
        return database;
      },
    }),
  ],
})
export class DatabaseModule {}
