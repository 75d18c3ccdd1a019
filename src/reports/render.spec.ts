import render from './render.thread.js';

const start = async (rows: Parameters<typeof render>[0]['rows']) =>
  Buffer.from((await render({ title: 'Sales', rows })).subarray(0, 5)).toString();

describe('render', () => {
  it.each([
    [
      'named cells',
      [
        { sku: 'TEA-01', sold: 2 },
        { sku: 'CUP-07', gift: true, note: null },
      ],
    ],
    ['cells in order', [['TEA-01', 2], ['CUP-07']]],
    ['both', [{ sku: 'TEA-01' }, ['CUP-07', 1, 2]]],
    ['empty rows', [{}, []]],
    ['no rows', []],
  ])('draws a table of %s', async (_, rows) => {
    expect(await start(rows as Parameters<typeof start>[0])).toBe('%PDF-');
  });

  it('goes on over as many pages as the rows need', async () => {
    expect(await start(Array.from({ length: 300 }, (_, i) => [i, 'tea']))).toBe('%PDF-');
  });
});
