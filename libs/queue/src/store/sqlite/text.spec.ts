import fc from 'fast-check';
import { escapeText, unescapeText } from './text.js';

const nasty = fc.string({ unit: fc.constantFrom('\u0000', '\u0001', '\u0002', 'a', '🦉') });

describe('escaped texts', () => {
  it('come back as they were', () => {
    fc.assert(fc.property(nasty, (text) => unescapeText(escapeText(text)) === text));
  });

  it('hold no NUL, and differ when the texts do', () => {
    fc.assert(
      fc.property(nasty, nasty, (a, b) => {
        expect(escapeText(a)).not.toContain('\u0000');
        expect(escapeText(a) === escapeText(b)).toBe(a === b);
      }),
    );
  });
});
