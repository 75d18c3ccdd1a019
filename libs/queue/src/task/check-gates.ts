import { limits } from '../job/limits.js';
import { checkOptions } from '../job/options.js';
import { checkOneOf, checkRate, checkWhole, refuse } from './check-value.js';

/** The group of a task: a function of the payload, or its options. */
export function checkGroup(where: string, group: unknown): void {
  if (typeof group === 'function') return;
  checkOptions(where, group, ['key', 'maxActive', 'rate', 'weight', 'scope']);
  const { key, maxActive, rate, weight, scope } = group as Record<string, unknown>;
  checkKey(where, key);
  if (maxActive !== undefined) checkWhole(`${where}.maxActive`, maxActive, 1, limits.maxActive);
  if (rate !== undefined) checkRate(`${where}.rate`, rate);
  if (weight !== undefined && typeof weight !== 'function') checkWhole(`${where}.weight`, weight, 1, limits.weight);
  if (scope !== undefined) checkOneOf(`${where}.scope`, scope, ['task', 'queue']);
}

/** The order of a task: a function of the payload, or its options. */
export function checkOrder(where: string, order: unknown): void {
  if (typeof order === 'function') return;
  checkOptions(where, order, ['key', 'onFailed']);
  const { key, onFailed } = order as Record<string, unknown>;
  checkKey(where, key);
  if (onFailed !== undefined) checkOneOf(`${where}.onFailed`, onFailed, ['continue', 'hold']);
}

function checkKey(where: string, key: unknown): void {
  if (typeof key === 'function') return;
  refuse(`${where}.key`, 'must be a function of the payload; where only calls name keys, give () => undefined');
}
