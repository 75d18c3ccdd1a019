import { limits } from './limits.js';
import { restoreError, storeError } from './stored-error.js';

describe('storeError', () => {
  it('keeps name, message, code, stack and causes', () => {
    const error = Object.assign(new RangeError('too far', { cause: new Error('first') }), { code: 'E_FAR' });
    expect(storeError(error)).toEqual({
      name: 'RangeError',
      message: 'too far',
      code: 'E_FAR',
      stack: expect.stringContaining('too far'),
      cause: { name: 'Error', message: 'first', stack: expect.any(String) },
    });
  });

  it('keeps five causes and ends a chain that bites its tail', () => {
    const error = new Error('0');
    error.cause = error;
    let stored = storeError(error, false);
    let depth = 0;
    while (stored.cause) {
      stored = stored.cause;
      depth++;
    }
    expect(depth).toBe(5);
  });

  it('cuts at 16 KiB altogether', () => {
    const error = new Error('m'.repeat(50_000), { cause: new Error('c'.repeat(50_000)) });
    expect(JSON.stringify(storeError(error)).length).toBeLessThan(limits.error + 500);
  });

  it('describes whatever is thrown', () => {
    expect(storeError('text')).toMatchObject({ name: 'Thrown string', message: 'text' });
    expect(storeError(null)).toMatchObject({ name: 'Thrown null', message: 'null' });
    expect(storeError(undefined)).toMatchObject({ message: 'undefined' });
    expect(storeError(Symbol('s'))).toMatchObject({ message: 'Symbol(s)' });
    expect(storeError({ reason: 5 })).toMatchObject({ name: 'Error', message: '{"reason":5}' });
  });

  it('never throws, however hostile the error', () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('trap');
        },
        ownKeys() {
          throw new Error('trap');
        },
        getPrototypeOf() {
          throw new Error('trap');
        },
      },
    );
    expect(storeError(hostile).message).toContain('cannot be shown');
    expect(
      storeError({
        get message() {
          throw new Error('no');
        },
      }),
    ).toMatchObject({ name: 'Error' });
    expect(storeError({ message: 5, name: {}, stack: [] })).toMatchObject({ name: 'Error' });
  });
});

describe('restoreError', () => {
  it('makes an Error with the same face', () => {
    const stored = storeError(Object.assign(new TypeError('x', { cause: new Error('y') }), { code: 'C' }));
    const error = restoreError(stored);
    expect(error).toBeInstanceOf(Error);
    expect(storeError(error)).toEqual(stored);
  });
});
