import { applyDecorators } from '@nestjs/common';
import { IsString, Matches, MaxLength } from 'class-validator';

/** One line of text: something in it, no control characters. */
export function IsLine(longest: number): PropertyDecorator {
  return applyDecorators(
    IsString(),
    Matches(/\S/, { message: '$property must not be empty' }),
    Matches(/^\P{Cc}*$/u, { message: '$property must be one line without control characters' }),
    MaxLength(longest),
  );
}
