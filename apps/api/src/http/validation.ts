import { type ValidationError, ValidationPipe } from '@nestjs/common';
import { Problem } from './problem.js';

export interface Issue {
  /** Dotted: `items.0.sku`. */
  path: string;
  message: string;
}

/** Bodies and queries become DTOs. A wrong or an unknown field is refused with its path. */
export function validation(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => {
      const issues = errors.flatMap((error) => issuesOf(error));
      const summary = issues.slice(0, 5).map((issue) => issue.message);
      return new Problem('VALIDATION_FAILED', summary.join('; '), { issues });
    },
  });
}

function issuesOf(error: ValidationError, parent = ''): Issue[] {
  const path = parent ? `${parent}.${error.property}` : error.property;
  const own = Object.values(error.constraints ?? {}).map((says) => {
    // Nested fields are named in full: `items.1.quantity must not be less than 1`.
    const message = says.startsWith(`${error.property} `) ? path + says.slice(error.property.length) : says;
    return { path, message };
  });
  return [...own, ...(error.children ?? []).flatMap((child) => issuesOf(child, path))];
}
