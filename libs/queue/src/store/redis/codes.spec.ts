import fc from 'fast-check';
import { codeOf, localOf } from './codes.js';

const tail = fc
  .array(fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyz'), { minLength: 24, maxLength: 24 })
  .map((chars) => chars.join(''));

describe('codes', () => {
  it('lead back to the id', () => {
    fc.assert(fc.property(tail, (local) => localOf(codeOf(local)) === local));
  });

  it('sort as the ids do', () => {
    fc.assert(fc.property(tail, tail, (a, b) => a < b === codeOf(a) < codeOf(b)));
  });

  it('have 20 characters, none of which has a meaning in a header', () => {
    fc.assert(fc.property(tail, (local) => /^[-\w]{20}$/.test(codeOf(local))));
  });
});
