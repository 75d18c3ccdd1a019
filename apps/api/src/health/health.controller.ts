import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { QueueHealth } from 'millrace';
import { DataSource } from 'typeorm';
import { Problem } from '../http/problem.js';
import { ApiData, ApiProblems } from '../http/swagger.js';

export class Health {
  @ApiProperty({ enum: ['up'] })
  status!: 'up';
}

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    private readonly queueHealth: QueueHealth,
    @InjectDataSource() private readonly database: DataSource,
  ) {}

  /** The process answers. Says nothing of what it depends on: restarting would not mend that. */
  @Get('livez')
  @ApiData(200, Health)
  live(): Health {
    return { status: 'up' };
  }

  /** It can do its work: job store and database answer. */
  @Get('readyz')
  @ApiData(200, Health)
  @ApiProblems('STORE_UNAVAILABLE')
  async ready(): Promise<Health> {
    const [{ queue }, database] = await Promise.all([this.queueHealth.isHealthy(), this.databaseStatus()]);
    if (queue.status === 'up' && database === 'up') return { status: 'up' };
    const detail = { queue: queue.status, database };
    throw new Problem('STORE_UNAVAILABLE', 'Not ready: something this needs does not answer', detail, 1);
  }

  private databaseStatus(): Promise<'up' | 'down'> {
    return this.database.query('SELECT 1').then(
      () => 'up',
      () => 'down',
    );
  }
}
