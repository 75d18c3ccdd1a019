import type { Issue } from '../job/errors.js';
import type { CheckAnswer, Schema } from './definition.js';

/** The part of Standard Schema v1 (standardschema.dev) that is used here: Zod, Valibot, ArkType and others have it. */
export interface Standard<I = unknown, T = I> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardAnswer<T> | Promise<StandardAnswer<T>>;
    readonly types?: { readonly input: I; readonly output: T } | undefined;
  };
}

type StandardAnswer<T> =
  { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export function isStandard(source: unknown): source is Standard {
  if ((typeof source !== 'object' && typeof source !== 'function') || source === null) return false;
  return typeof (source as Partial<Standard>)['~standard']?.validate === 'function';
}

export function standardSchema<T>(source: Standard<unknown, T>): Schema<T> {
  return {
    check(value) {
      const answer = source['~standard'].validate(value);
      return answer instanceof Promise ? answer.then(translate) : translate(answer);
    },
  };
}

function translate<T>(answer: StandardAnswer<T>): CheckAnswer<T> {
  if (!answer.issues) return { value: answer.value };
  return { issues: answer.issues.map((issue): Issue => ({ path: dotted(issue), message: issue.message })) };
}

function dotted(issue: StandardIssue): string {
  return (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
}
