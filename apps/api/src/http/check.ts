import { registerDecorator, ValidateIf, type ValidationArguments } from 'class-validator';
import { parseDuration } from 'millrace';

const year = 365 * 24 * 3_600_000;

/** Skips the checks when the field is absent. Unlike `IsOptional` it does not let `null` through. */
export function Present(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** A rule in words: the field `says`, unless `holds`. */
export function Check<T = object>(says: string, holds: (value: unknown, dto: T) => boolean): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: says,
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value: unknown, args?: ValidationArguments) => holds(value, args?.object as T),
        defaultMessage: () => `$property ${says}`,
      },
    });
}

/** How long, at most a year. */
export function IsDuration(): PropertyDecorator {
  return Check('must be a duration like 30s, 5m or 2h, or milliseconds, of at most a year', (value) => {
    const ms = parseDuration(typeof value === 'string' ? value.slice(0, 64) : value);
    return ms !== undefined && ms <= year;
  });
}
