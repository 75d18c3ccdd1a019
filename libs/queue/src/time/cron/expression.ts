import { refuse } from '../refusal.js';
import type { FieldTexts } from './fields.js';

const nicknames: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const counts = '5 (minute hour day month weekday), 6 (second first) or 7 (second first, year last)';
const elsewhere: Record<string, string> = { '@reboot': 'the option onBoot: true', '@every': "the trigger every('5m')" };

export interface Expression {
  /** With single blanks between the fields. */
  source: string;
  texts: FieldTexts;
  /** A `+` stands before the weekday: both day fields must agree. */
  bothDays: boolean;
}

/** The fields of `'0 3 * * *'` or `'@daily'`, each still as text. */
export function readExpression(expression: string): Expression {
  const parts = partsOf(expression);
  const source = parts.join(' ');
  const fields = (parts[0]?.startsWith('@') ? ofNickname(parts) : source).split(' ');
  if (fields.length < 5 || fields.length > 7) refuseCount(expression, parts.length);
  const [second, minute, hour, day, month, weekday, year] = fields.length === 5 ? ['0', ...fields] : fields;
  const bothDays = weekday!.startsWith('+');
  return {
    source,
    bothDays,
    texts: { second, minute, hour, day, month, weekday: bothDays ? weekday!.slice(1) : weekday, year },
  };
}

const longest = 7 * 128 + 128;

function partsOf(expression: string): string[] {
  if (expression.length > longest) refuse('expression', expression, 'is too long', '128 characters per field');
  return expression.split(/[ \t]+/).filter((part) => part !== '');
}

function ofNickname(parts: string[]): string {
  const name = /^@[a-z]+$/i.test(parts[0]!) ? parts[0]!.toLowerCase() : '';
  const remedy = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
  if (remedy) refuse('expression', parts.join(' '), 'is not a cron expression', remedy);
  if (parts.length === 1 && Object.hasOwn(nicknames, name)) return nicknames[name]!;
  return refuse('expression', parts.join(' '), 'is not a known nickname', Object.keys(nicknames).join(', '));
}

function refuseCount(expression: string, count: number): never {
  if (/^\s*\d{4}-\d{2}/.test(expression)) refuse('expression', expression, 'is a date', 'the trigger at(date)');
  return refuse('expression', expression, `has ${count} ${count === 1 ? 'field' : 'fields'}`, counts);
}
