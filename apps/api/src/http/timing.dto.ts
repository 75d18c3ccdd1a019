import { ApiPropertyOptional } from '@nestjs/swagger';
import type { Duration } from 'millrace';
import { Check, IsDuration, Present } from './check.js';

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
  @IsDuration()
  delay?: Duration;

  @ApiPropertyOptional({ format: 'date-time', description: 'When to run; the offset is required' })
  @Present()
  @Check('must be an instant with an offset, like 2027-01-31T09:00:00Z, within a year', (value) => {
    const at = instantOf(value);
    return at !== undefined && at - Date.now() <= year;
  })
  @Check<Timing>('must not be given together with delay', (_, timing) => timing.delay === undefined)
  runAt?: string;
}

/** Epoch milliseconds. A day that its month does not have is no instant, though `Date.parse` would roll it over. */
function instantOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !instant.test(value)) return undefined;
  const day = new Date(`${value.slice(0, 10)}T00:00:00Z`);
  const exists = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value.slice(0, 10));
  const at = Date.parse(value);
  return exists && !Number.isNaN(at) ? at : undefined;
}
