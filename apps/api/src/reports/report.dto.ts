import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn } from 'class-validator';
import type { ReportRow } from '../../../../src/reports/report.entity.js';
import { JobStarted } from '../http/job-started.dto.js';
import { IsLine } from '../http/line.js';
import { AreReportRows } from './report-rows.js';

const cell = { oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }], nullable: true };

export class RequestReportDto {
  @ApiProperty({ example: 'Sales in November' })
  @IsLine(200)
  title!: string;

  @ApiProperty({
    description: 'At most 5000 rows of at most 20 cells, named or in order',
    type: 'array',
    items: {
      oneOf: [
        { type: 'object', additionalProperties: cell },
        { type: 'array', items: cell },
      ],
    },
    example: [{ sku: 'TEA-01', sold: 12 }],
  })
  @AreReportRows()
  @ArrayMaxSize(5000)
  @IsArray()
  rows!: ReportRow[];

  @ApiPropertyOptional({ enum: ['pdf'], default: 'pdf' })
  @IsIn(['pdf'])
  format = 'pdf' as const;
}

export class ReportRequested extends JobStarted {
  @ApiProperty({ format: 'uuid' })
  reportId!: string;
}
