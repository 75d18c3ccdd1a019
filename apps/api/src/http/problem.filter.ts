import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { Response } from 'express';
import { toProblem } from './to-problem.js';

/** Writes every failure as `{ "error": { code, message, detail } }`. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const problem = toProblem(error);
    if (problem.code === 'INTERNAL_ERROR') this.logger.error(error);

    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return void response.end();
    if (problem.retryAfter !== undefined) response.setHeader('Retry-After', String(problem.retryAfter));
    const { code, message, detail } = problem;
    response.status(problem.status).json({ error: { code, message, detail } });
  }
}
