import { applyDecorators, type INestApplication, type Type } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiProperty,
  ApiResponse,
  DocumentBuilder,
  getSchemaPath,
  SwaggerModule,
} from '@nestjs/swagger';
import { type ProblemCode, problemStatus } from './problem.js';

class ErrorBody {
  @ApiProperty({ enum: Object.keys(problemStatus) })
  code!: string;

  @ApiProperty()
  message!: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  detail!: Record<string, unknown>;
}

/** Documents a success: `{ "data": <type> }`. */
export function ApiData(status: number, type: Type, description?: string): MethodDecorator {
  const schema = { type: 'object', required: ['data'], properties: { data: { $ref: getSchemaPath(type) } } };
  return applyDecorators(ApiExtraModels(type), ApiResponse({ status, description, schema }));
}

/** Documents failures: `{ "error": { code, message, detail } }`, one entry per status. */
export function ApiProblems(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  const schema = { type: 'object', required: ['error'], properties: { error: { $ref: getSchemaPath(ErrorBody) } } };
  const statuses = new Set(codes.map((code) => problemStatus[code]));
  return applyDecorators(
    ApiExtraModels(ErrorBody),
    ...[...statuses].map((status) => {
      const description = codes.filter((code) => problemStatus[code] === status).join(', ');
      return ApiResponse({ status, description, schema });
    }),
  );
}

/** Serves the documentation at `<prefix>/docs`, and as JSON at `<prefix>/docs-json`. */
export function serveDocs(app: INestApplication, prefix: string): void {
  const info = new DocumentBuilder()
    .setTitle('Millrace shop')
    .setDescription('A small shop whose slow work runs in the background.')
    .setVersion('0.1.0')
    .build();
  SwaggerModule.setup(`${prefix}/docs`, app, () => SwaggerModule.createDocument(app, info));
}
