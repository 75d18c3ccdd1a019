import { ConfigInvalid } from '../job/errors.js';
import { gateKeyProblem } from '../job/id.js';
import { limits } from '../job/limits.js';
import type { Gate } from '../store/store.js';
import type { GroupOptions, OrderOptions, TaskOptions } from '../task/definition.js';
import type { EnqueueOptions } from '../task/enqueuer.js';
import { cellRate } from '../time/rate.js';
import { asked } from './asked.js';

/** What a task says of the gates of its jobs, made ready once. */
export interface GatePlan {
  task?: Gate;
  group?: GroupPlan;
  order?: OrderPlan;
}

interface GroupPlan {
  key(payload: unknown): unknown;
  /** In front of the key: the task's name, or `*` where tasks share their groups. */
  scope: string | undefined;
  bounds: Pick<Gate, 'max' | 'rate'>;
  weight: number | ((payload: unknown, key: string) => unknown);
}

interface OrderPlan {
  key(payload: unknown): unknown;
  holdFailed: boolean;
}

/** Of whom only a call names the group, or the order. */
const unplanned = {
  group: { key: () => undefined, scope: undefined, bounds: {}, weight: 1 } as GroupPlan,
  order: { key: () => undefined, holdFailed: false } as OrderPlan,
};

/** `undefined` for a task without gates: its jobs cost nothing more. */
export function gatePlanOf(task: string, { maxActive, rate, group, order }: TaskOptions): GatePlan | undefined {
  const plan: GatePlan = {};
  if (maxActive !== undefined || rate !== undefined)
    plan.task = { kind: 'task', key: task, ...boundsOf({ maxActive, rate }) };
  if (group) plan.group = groupPlanOf(typeof group === 'function' ? { key: group } : group);
  if (order) plan.order = orderPlanOf(typeof order === 'function' ? { key: order } : order);
  return Object.keys(plan).length > 0 ? plan : undefined;
}

/**
 * The gates of one job, innermost first; `undefined` for none. What the call names comes before what the task's functions
 * answer. Throws `OptionFailed` for a function that throws, `ConfigInvalid` for a key or weight that cannot be.
 */
export function gatesOf(
  task: string,
  plan: GatePlan | undefined,
  call: Pick<EnqueueOptions, 'group' | 'order'>,
  payload: unknown,
): Gate[] | undefined {
  const gates = [
    orderGate(task, plan?.order ?? unplanned.order, call.order, payload),
    groupGate(task, plan?.group ?? unplanned.group, call.group, payload),
    plan?.task,
  ].filter((gate) => gate !== undefined);
  return gates.length > 0 ? gates : undefined;
}

/** The key of a call. Throws `ConfigInvalid`. */
export function checkGateKey(option: 'group' | 'order', key: unknown): void {
  const problem = gateKeyProblem(key);
  if (problem) refuse(option, `the key ${problem}`);
}

function orderGate(task: string, plan: OrderPlan, named: string | undefined, payload: unknown): Gate | undefined {
  const key = named ?? keyOf(task, 'order', plan, payload);
  if (key === undefined) return undefined;
  return { kind: 'order', key: `${task}/${key}`, ...(plan.holdFailed ? { holdFailed: true } : {}) };
}

function groupGate(task: string, plan: GroupPlan, named: string | undefined, payload: unknown): Gate | undefined {
  const key = named ?? keyOf(task, 'group', plan, payload);
  if (key === undefined) return undefined;
  const { weight } = plan;
  const turn = typeof weight === 'number' ? weight : weightOf(task, weight, payload, key);
  return { kind: 'group', key: `${plan.scope ?? task}/${key}`, ...plan.bounds, turn };
}

function keyOf(
  task: string,
  option: 'group' | 'order',
  plan: GroupPlan | OrderPlan,
  payload: unknown,
): string | undefined {
  const key = asked(task, `${option}.key`, () => plan.key(payload));
  if (key === undefined) return undefined;
  const problem = gateKeyProblem(key);
  if (!problem) return key as string;
  return refuse(`${option}.key`, `the key that the function of ${task} gave ${problem}`);
}

function weightOf(
  task: string,
  weight: (payload: unknown, key: string) => unknown,
  payload: unknown,
  key: string,
): number {
  const share = asked(task, 'group.weight', () => weight(payload, key));
  if (Number.isInteger(share) && (share as number) >= 1 && (share as number) <= limits.weight) return share as number;
  const shown = typeof share === 'number' ? String(share) : `a value of type ${typeof share}`;
  return refuse('group.weight', `the function of ${task} gave ${shown}, not a whole number from 1 to ${limits.weight}`);
}

function groupPlanOf({ key, maxActive, rate, weight = 1, scope }: GroupOptions<unknown>): GroupPlan {
  return { key, scope: scope === 'queue' ? '*' : undefined, bounds: boundsOf({ maxActive, rate }), weight };
}

function orderPlanOf({ key, onFailed }: OrderOptions<unknown>): OrderPlan {
  return { key, holdFailed: onFailed === 'hold' };
}

function boundsOf({ maxActive, rate }: Pick<TaskOptions, 'maxActive' | 'rate'>): Pick<Gate, 'max' | 'rate'> {
  return {
    ...(maxActive === undefined ? {} : { max: maxActive }),
    ...(rate === undefined ? {} : { rate: cellRate(rate) }),
  };
}

function refuse(option: string, says: string): never {
  throw new ConfigInvalid(option, `${option}: ${says}. Nothing was stored.`);
}
