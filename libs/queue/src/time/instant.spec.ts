import { parseInstant } from './instant.js';

describe('parseInstant', () => {
  const march = Date.UTC(2027, 2, 1, 8);

  it.each([
    march,
    new Date(march),
    '2027-03-01T08:00Z',
    '2027-03-01T09:00+01:00',
    '2027-03-01T09:00:00+0100',
    '2027-02-28T20:00:00.000-12:00',
  ])('reads %p', (value) => {
    expect(parseInstant(value)).toBe(march);
  });

  it('reads dates of leap years', () => {
    expect(parseInstant('2028-02-29T00:00Z')).toBe(Date.UTC(2028, 1, 29));
    expect(parseInstant('2000-02-29T00:00Z')).toBe(Date.UTC(2000, 1, 29));
  });

  it.each([
    '2027-03-01T09:00',
    '2027-03-01',
    '2027-02-29T09:00Z',
    '2100-02-29T09:00Z',
    '2027-04-31T09:00Z',
    '2027-13-01T09:00Z',
    '2027-00-01T09:00Z',
    '2027-03-00T09:00Z',
    '2027-03-01T25:00Z',
    '2027-03-01T09:60Z',
    '2027-03-01T09:00+25:00',
    ' 2027-03-01T09:00Z',
    '2027-03-01T09:00Z ',
    `2027-03-01T09:00Z${' '.repeat(10_240)}`,
    'tomorrow',
    '',
    NaN,
    Infinity,
    new Date(NaN),
    null,
    undefined,
    true,
    {},
  ])('refuses %p', (value) => {
    expect(parseInstant(value)).toBeUndefined();
  });
});
