import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsEmail, IsInt, Max, Min, ValidateNested } from 'class-validator';
import { JobStarted } from '../http/job-started.dto.js';
import { IsLine } from '../http/line.js';

export class OrderItemDto {
  @ApiProperty({ example: 'TEA-01' })
  @IsLine(64)
  sku!: string;

  @ApiProperty({ minimum: 1, maximum: 10_000 })
  @Max(10_000)
  @Min(1)
  @IsInt()
  quantity!: number;
}

export class PlaceOrderDto {
  @ApiProperty({ example: 'ada@example.com' })
  @IsEmail()
  customerEmail!: string;

  @ApiProperty({ type: [OrderItemDto], minItems: 1, maxItems: 100 })
  @Type(() => OrderItemDto)
  @ValidateNested({ each: true })
  @ArrayMaxSize(100)
  @ArrayMinSize(1)
  @IsArray()
  items!: OrderItemDto[];
}

export class OrderPlaced extends JobStarted {
  @ApiProperty({ format: 'uuid' })
  orderId!: string;
}

export class OrderView {
  @ApiProperty({ format: 'uuid' })
  orderId!: string;

  @ApiProperty()
  customerEmail!: string;

  @ApiProperty({ type: [OrderItemDto] })
  items!: OrderItemDto[];

  @ApiProperty({ enum: ['placed', 'processed'] })
  status!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time', type: String, nullable: true })
  processedAt!: string | null;
}
