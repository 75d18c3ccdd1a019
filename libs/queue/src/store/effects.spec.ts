import { type Effect, Effects } from './effects.js';

describe('Effects', () => {
  const effect = (from: string, to: string): Effect => ({ kind: 'completed', from, to });
  const shown = ({ from, to }: Effect) => `${from} ${to}`;

  /** What is carried, in order; `then` says what an effect raises in turn. */
  function carried(raised: Effect[], then: (effect: Effect) => Effect[] = () => [], most?: number) {
    const effects = new Effects();
    const seen: string[] = [];
    for (const one of raised) effects.raise(one);
    effects.carry((one) => {
      seen.push(shown(one));
      for (const next of then(one)) effects.raise(next);
    }, most);
    return { seen, left: effects.take().map(shown) };
  }

  it('carries what stays in its shard before what travels', () => {
    expect(carried([effect('a~0~1', 'b~0~1'), effect('a~0~1', 'a~0~2'), effect('a~0~1', 'b~0~3')]).seen).toEqual([
      'a~0~1 a~0~2',
      'a~0~1 b~0~1',
      'a~0~1 b~0~3',
    ]);
  });

  it('carries what is raised meanwhile: at once where it stays in the shard, and after the others where it travels', () => {
    const first = effect('a~0~1', 'b~0~1');
    const then = (one: Effect) => (one === first ? [effect('b~0~1', 'a~0~9'), effect('b~0~1', 'b~0~2')] : []);

    expect(carried([first, effect('a~0~1', 'c~0~1')], then).seen).toEqual([
      'a~0~1 b~0~1',
      'b~0~1 b~0~2',
      'a~0~1 c~0~1',
      'b~0~1 a~0~9',
    ]);
  });

  it('stops when told to, and loses nothing', () => {
    const chain = (one: Effect) => [effect(one.to, `a~0~${Number(one.to.slice(4)) + 1}`)];

    expect(carried([effect('a~0~0', 'a~0~1')], chain, 3)).toEqual({
      seen: ['a~0~0 a~0~1', 'a~0~1 a~0~2', 'a~0~2 a~0~3'],
      left: ['a~0~3 a~0~4'],
    });
  });
});
