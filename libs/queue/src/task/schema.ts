import { ConfigInvalid } from '../job/errors.js';
import { ClassSchema } from './class-schema.js';
import type { Schema } from './definition.js';
import { isStandard, type Standard, standardSchema } from './standard-schema.js';

/** A class, as a DTO is one. */
export type Dto<T> = new (...args: never[]) => T;

/** What describes a payload or result: a class-validator DTO class, or any Standard Schema. */
export type SchemaSource<T, I> = Dto<T> | Standard<I, T>;

/** The fields a caller fills in: a DTO without its methods. */
export type Fields<T> = T extends
  readonly unknown[] | Date | Uint8Array | URL | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
  ? T
  : T extends object
    ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: T[K] }
    : T;

/** Throws `ConfigInvalid` when `source` describes nothing. */
export function schemaOf(source: unknown, option: string): Schema {
  if (isStandard(source)) return standardSchema(source);
  if (typeof source === 'function') return new ClassSchema(source as Dto<unknown>);
  throw new ConfigInvalid(option, `${option} must be a DTO class or a Standard Schema, not ${typeof source}.`);
}
