import type { NextFunction, Request, Response } from 'express';
import { Problem } from './problem.js';

/** No body here needs more, and code that walks one recursively has a stack. */
const deepest = 32;

/** Refuses bodies that are nested without end. */
export function refuseDeep(request: Request, _response: Response, next: NextFunction): void {
  let level: unknown[] = [request.body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest)
      return next(new Problem('VALIDATION_FAILED', `The body is nested deeper than ${deepest} levels`));
    level = level.flatMap(partsOf);
  }
  next();
}

function partsOf(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}
