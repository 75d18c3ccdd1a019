import { IsInt, IsString, MaxLength, Min } from 'class-validator';
import type { Payload } from '../support/payload.js';

/** The payload as a DTO, for the scenario that validates. */
export class CheckedPayload implements Payload {
  @IsInt()
  @Min(0)
  n!: number;

  @IsInt()
  @Min(0)
  at!: number;

  @IsString()
  @MaxLength(1000)
  text!: string;
}

/** What the interceptor of that scenario does: sums up how long handlers took. */
export class Stopwatch {
  total = 0;

  start(): () => void {
    const began = performance.now();
    return () => {
      this.total += performance.now() - began;
    };
  }
}
