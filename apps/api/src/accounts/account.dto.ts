import { ApiProperty } from '@nestjs/swagger';
import { IsEmail } from 'class-validator';
import { IsLine } from '../http/line.js';

export class SignUpDto {
  @ApiProperty({ example: 'ada@example.com' })
  @IsEmail()
  email!: string;

  @ApiProperty({ example: 'Ada', maxLength: 100 })
  @IsLine(100)
  name!: string;
}

export class UserView extends SignUpDto {
  @ApiProperty({ format: 'uuid' })
  userId!: string;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}
