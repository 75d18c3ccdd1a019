import { type ConfigInvalid } from './errors.js';
import { checkOptions, nearestName } from './options.js';

const known = ['concurrency', 'queues', 'timeout', 'shutdown'];

function refused(where: string, value: unknown): ConfigInvalid {
  try {
    checkOptions(where, value, known);
  } catch (error) {
    return error as ConfigInvalid;
  }
  throw new Error('accepted');
}

describe('checkOptions', () => {
  it('takes an object of known options', () => {
    expect(() => checkOptions('', { queues: {}, timeout: undefined }, known)).not.toThrow();
  });

  it('names an unknown option by its place, and suggests the nearest known one', () => {
    const error = refused('worker', { concurency: 5 });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', option: 'worker.concurency' });
    expect(error.message).toBe("Unknown option 'worker.concurency'. Did you mean 'concurrency'?");
  });

  it('lists what is known when nothing is near', () => {
    expect(refused('', { colour: 1 }).message).toContain('Known are: concurrency, queues, timeout, shutdown.');
  });

  it.each([null, undefined, 'text', [], 5])('refuses %p for options', (value) => {
    expect(refused('worker', value).message).toBe('worker must be an object.');
  });
});

describe('nearestName', () => {
  it.each([
    ['timout', 'timeout'],
    ['Queues', 'queues'],
    ['shutdwon', 'shutdown'],
    ['banana', undefined],
  ])('%s means %s', (name, nearest) => {
    expect(nearestName(name, known)).toBe(nearest);
  });
});
