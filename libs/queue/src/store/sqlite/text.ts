import type { Row } from './database.js';

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

/** A row as it went in. */
export function plain(row: Row): Row {
  for (let i = 0; i < row.length; i++) {
    const value = row[i];
    if (typeof value === 'string') row[i] = unescapeText(value);
  }
  return row;
}

/** Values that SQLite packed into one JSON array. */
export function unpacked(text: string): Row {
  const row = JSON.parse(text) as Row;
  return mayBeEscaped(text) ? plain(row) : row;
}

export function mayBeEscaped(json: string): boolean {
  return json.includes('\\u0001');
}
