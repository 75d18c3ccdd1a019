import { ConfigInvalid } from '../job/errors.js';
import { checkTaskOptions } from './check-task-options.js';
import type { TaskOptions } from './definition.js';

function refused(options: unknown): { option: string; message: string } {
  try {
    checkTaskOptions('mail.send', options as TaskOptions);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error;
    throw error;
  }
  return { option: 'accepted', message: '' };
}

const key = () => 'acme';

describe('checkTaskOptions', () => {
  it.each<[TaskOptions]>([
    [{ rate: '10/m', maxActive: 1_000_000 }],
    [{ rate: { limit: '100/10s', burst: 100 } }],
    [{ group: key, order: key }],
    [{ group: { key, maxActive: 1, rate: '1/d', weight: 100, scope: 'queue' } }],
    [{ group: { key: () => undefined, weight: () => 5, scope: 'task' } }],
    [{ order: { key, onFailed: 'hold' } }],
    [{ unique: { key: 'all', until: 'started', onDuplicate: 'extend', maxWait: '1h' } }],
    [{ unique: { key: 'all', onDuplicate: 'follow', merge: (queued) => queued } }],
  ])('takes %j', (options) => {
    expect(refused(options).option).toBe('accepted');
  });

  it.each<[string, object]>([
    ['rate', { rate: '10/minute' }],
    ['rate', { rate: '0/m' }],
    ['rate', { rate: -1 }],
    ['rate', { rate: null }],
    ['rate', { rate: { limit: '10/m', burst: 11 } }],
    ['rate', { rate: { limit: '10/m', burst: -1 } }],
    ['rate.brst', { rate: { limit: '10/m', brst: 1 } }],
    ['maxActive', { maxActive: 0 }],
    ['maxActive', { maxActive: -5 }],
    ['maxActive', { maxActive: NaN }],
    ['maxActive', { maxActive: Infinity }],
    ['maxActive', { maxActive: 1_000_001 }],
    ['group', { group: 'tenantId' }],
    ['group.key', { group: {} }],
    ['group.key', { group: { weight: 5 } }],
    ['group.key', { group: { key: 'tenantId' } }],
    ['group.maxActive', { group: { key, maxActive: 0 } }],
    ['group.rate', { group: { key, rate: '10 / m' } }],
    ['group.weight', { group: { key, weight: 0 } }],
    ['group.weight', { group: { key, weight: 101 } }],
    ['group.weight', { group: { key, weight: 0.5 } }],
    ['group.scope', { group: { key, scope: 'all' } }],
    ['group.max', { group: { key, max: 5 } }],
    ['order', { order: true }],
    ['order.key', { order: { onFailed: 'hold' } }],
    ['order.onFailed', { order: { key, onFailed: 'stop' } }],
    ['unique.onDuplicate', { unique: { onDuplicate: 'skip' } }],
    ['unique.maxWait', { unique: { maxWait: '1m' } }],
    ['unique.maxWait', { unique: { onDuplicate: 'replace', maxWait: -1 } }],
    ['unique.merge', { unique: { onDuplicate: 'error', merge: key } }],
    ['unique.merge', { unique: { onDuplicate: 'replace', merge: {} } }],
    ['unique.until', { unique: { onDuplicate: 'follow', until: 'kept' } }],
  ])('refuses %s: %j, naming option and task', (option, options) => {
    const error = refused(options);
    expect(error.option).toBe(`mail.send.${option}`);
    expect(error.message).toContain(`mail.send.${option}`);
  });

  it('suggests the nearest known option', () => {
    expect(refused({ rates: '10/m' }).message).toContain("Did you mean 'rate'?");
    expect(refused({ group: { key, maxactive: 1 } }).message).toContain("Did you mean 'maxActive'?");
  });
});
