import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsEmail, IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { Timing } from '../http/timing.dto.js';

export class NotifyDto extends Timing {
  @ApiProperty({ example: 'ada@example.com' })
  @IsEmail()
  recipient!: string;

  @ApiPropertyOptional({ default: 'Hello', maxLength: 10_000 })
  @MaxLength(10_000)
  @IsNotEmpty()
  @IsString()
  message: string = 'Hello';
}

export class QuickNotifyDto {
  @ApiProperty({ example: 'ada@example.com' })
  @IsEmail()
  email!: string;
}

export class Accepted {
  @ApiProperty()
  accepted!: boolean;
}
