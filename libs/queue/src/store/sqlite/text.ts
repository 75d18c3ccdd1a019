/**
 * Texts that SQLite's C interface would cut short: reading stops at the first NUL. Such a text is stored with NUL and SOH
 * written as two harmless characters each, so that every text comes back as it went in and two texts never become one.
 */
const nul = '\u0000';
const soh = '\u0001';
const stx = '\u0002';

export function escapeText(text: string): string {
  if (!text.includes(nul) && !text.includes(soh)) return text;
  return text.replaceAll(soh, soh + stx).replaceAll(nul, soh + soh);
}

export function unescapeText(text: string): string {
  if (!text.includes(soh)) return text;
  let plain = '';
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== soh) plain += text[i]!;
    else plain += text[++i] === soh ? nul : soh;
  }
  return plain;
}
