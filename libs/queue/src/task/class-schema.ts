import type { plainToInstance } from 'class-transformer';
import type { validate, ValidationError } from 'class-validator';
import { ConfigInvalid, type Issue } from '../job/errors.js';
import { isPlainObject } from '../job/plain.js';
import type { CheckAnswer, Schema } from './definition.js';
import type { Dto } from './schema.js';
import { setAside } from './set-aside.js';

interface Tools {
  validate: typeof validate;
  knows(type: Dto<unknown>): boolean;
  plainToInstance: typeof plainToInstance;
}

/**
 * Checks by the decorators of a DTO class. Unknown fields are refused, nested ones follow `@Type`, initialisers are
 * defaults, and what passes is an instance of the class.
 */
export class ClassSchema<T> implements Schema<T> {
  /** With `found: 'by reflection'` a class without decorators is no contract, and everything passes. */
  constructor(
    readonly type: Dto<T>,
    private readonly found: 'in a contract' | 'by reflection' = 'in a contract',
  ) {}

  async check(value: unknown): Promise<CheckAnswer<T>> {
    const { validate, knows, plainToInstance } = await load(this.type);
    if (!knows(this.type)) {
      if (this.found === 'by reflection') return { value: value as T };
      throw new ConfigInvalid(
        this.type.name,
        `${this.type.name} has no validation decorators, so every field would be refused.`,
      );
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { issues: [{ path: '', message: `must be an object (${this.type.name})` }] };
    }
    const foreign = this.foreign(value);
    if (foreign) return { issues: [{ path: '', message: foreign }] };
    const aside = setAside(value);
    if ('issues' in aside) return aside;
    const shaped = plainToInstance(this.type as new () => object, aside.plain, { exposeDefaultValues: true });
    const misfits = aside.restore(shaped);
    if (misfits.length > 0) return { issues: misfits };
    const errors = await validate(shaped, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
    return errors.length > 0 ? { issues: flatten(errors) } : { value: shaped as T };
  }

  /** An instance of another class is an entity or the like: its fields may be anything, so it is not looked into. */
  private foreign(value: object): string | undefined {
    if (isPlainObject(value) || value instanceof this.type) return undefined;
    return `an instance of ${value.constructor.name || 'a class'} was given where ${this.type.name} is expected; pass plain data`;
  }
}

let tools: Promise<Tools> | undefined;

function load(type: Dto<unknown>): Promise<Tools> {
  return (tools ??= importTools().catch((cause: unknown) => {
    tools = undefined;
    throw new ConfigInvalid(
      type.name,
      `${type.name} is a DTO class, which needs two packages: npm install class-validator class-transformer. (${String(cause)})`,
    );
  }));
}

async function importTools(): Promise<Tools> {
  const [{ validate, getMetadataStorage }, { plainToInstance }] = await Promise.all([
    import('class-validator'),
    import('class-transformer'),
  ]);
  const storage = getMetadataStorage();
  const knows = (type: Dto<unknown>) => storage.getTargetValidationMetadatas(type, '', false, false).length > 0;
  return { validate, plainToInstance, knows };
}

function flatten(errors: readonly ValidationError[], above = ''): Issue[] {
  return errors.flatMap((error) => {
    const path = above ? `${above}.${error.property}` : error.property;
    const own = Object.values(error.constraints ?? {}).map((message): Issue => ({ path, message }));
    return [...own, ...flatten(error.children ?? [], path)];
  });
}
