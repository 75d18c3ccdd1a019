import { ApiPropertyOptional } from '@nestjs/swagger';
import { registerDecorator, ValidateIf, type ValidationArguments } from 'class-validator';
import { type Duration, parseDuration } from 'millrace';

const year = 365 * 24 * 3_600_000;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** When to run: after a while, or at an instant; never both. */
export class Timing {
  @ApiPropertyOptional({
    oneOf: [{ type: 'string' }, { type: 'number' }],
    example: '5m',
    description: 'How long to wait: 500ms, 30s, 5m, 2h, 1d, 1w, or milliseconds; at most a year',
  })
  @Present()
  @Check('must be a duration like 30s, 5m or 2h, or milliseconds, of at most a year', (value) => {
    const ms = parseDuration(value);
    return ms !== undefined && ms <= year;
  })
  delay?: Duration;

  @ApiPropertyOptional({ format: 'date-time', description: 'When to run; the offset is required' })
  @Present()
  @Check('must be an instant with an offset, like 2027-01-31T09:00:00Z, within a year', (value) => {
    const at = instantOf(value);
    return at !== undefined && at - Date.now() <= year;
  })
  @Check('must not be given together with delay', (_, timing) => timing.delay === undefined)
  runAt?: string;
}

/** Skips the checks when the field is absent. Unlike `IsOptional` it does not let `null` through. */
function Present(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

function Check(says: string, holds: (value: unknown, timing: Timing) => boolean): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: says,
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value: unknown, args?: ValidationArguments) => holds(value, args?.object as Timing),
        defaultMessage: () => `$property ${says}`,
      },
    });
}

/** Epoch milliseconds. A day that its month does not have is no instant, though `Date.parse` would roll it over. */
function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !instant.test(value)) return undefined;
  const day = new Date(`${value.slice(0, 10)}T00:00:00Z`);
  const exists = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value.slice(0, 10));
  const at = Date.parse(value);
  return exists && !Number.isNaN(at) ? at : undefined;
}
