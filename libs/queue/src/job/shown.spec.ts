import { shown } from './shown.js';

describe('shown', () => {
  it('hides fields by name at any depth, and by path from the top', () => {
    const value = {
      password: 'a',
      user: { password: 'b', name: 'Ada', card: { number: 1 } },
      list: [{ password: 'c' }],
    };

    expect(JSON.parse(shown(value, ['password', 'user.card']))).toEqual({
      password: '[hidden]',
      user: { password: '[hidden]', name: 'Ada', card: '[hidden]' },
      list: [{ password: '[hidden]' }],
    });
  });

  it('shows at most 1 KiB', () => {
    expect(shown('x'.repeat(5000))).toHaveLength(1024);
  });

  it('shows something of anything', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;

    expect(shown(undefined)).toBe('-');
    expect(shown(new Date(5))).toContain('1970');
    expect(shown(cycle)).toBe('[unreadable]');
    expect(shown(JSON.parse('{"a":1}'))).toBe('{"a":1}');
  });
});
