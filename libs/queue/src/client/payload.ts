import { PayloadInvalid, PayloadTooLarge } from '../job/errors.js';
import { limits } from '../job/limits.js';
import { NotPlain, type Plain, toPlain } from '../job/plain.js';
import type { Schema, TaskDefinition } from '../task/definition.js';

/** The payload as the contract shapes it. Throws `PayloadInvalid`. */
export async function shapePayload(task: TaskDefinition, schema: Schema, payload: unknown): Promise<unknown> {
  const answer = await schema.check(payload);
  if ('issues' in answer) throw new PayloadInvalid(task.name, answer.issues);
  return answer.value;
}

/** The payload as it is stored, in at most `limit` bytes. Throws `PayloadInvalid` or `PayloadTooLarge`. */
export function encodePayload(task: TaskDefinition, payload: unknown, limit: number = limits.payload): Plain {
  const plain = write(task, payload);
  const bytes = Buffer.byteLength(plain.text);
  if (bytes > limit) throw new PayloadTooLarge(task.name, bytes, limit);
  return plain;
}

function write(task: TaskDefinition, payload: unknown): Plain {
  try {
    // What a DTO class has shaped consists of instances, all of them declared.
    return toPlain(payload, { instances: task.payload?.type !== undefined });
  } catch (error) {
    if (error instanceof NotPlain) throw new PayloadInvalid(task.name, error.issues);
    throw error;
  }
}
