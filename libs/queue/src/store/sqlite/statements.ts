import { fullColumns, headColumns, waitingColumns } from './row.js';
import { scheduleColumns } from './schedule-row.js';
import { sql } from './sql.generated.js';

/**
 * Every statement by name: `claim.take` is the statement labelled `-- take: …` in sql/claim.sql. `{head}`, `{full}`,
 * `{waiting}` and `{schedule}` stand for the column lists that row.ts and schedule-row.ts read.
 */
export const statementTexts: ReadonlyMap<string, string> = new Map(
  Object.entries(sql)
    .filter(([file]) => !file.includes('/'))
    .flatMap(([file, text]) => labelled(text).map(([label, statement]) => [`${file}.${label}`, statement] as const)),
);

function labelled(text: string): (readonly [string, string])[] {
  return text.split(/^(?=-- \w+: )/m).flatMap((part) => {
    const label = /^-- (\w+): /.exec(part)?.[1];
    return label ? [[label, columns(part)] as const] : [];
  });
}

function columns(statement: string): string {
  return statement
    .replaceAll('{head}', headColumns)
    .replaceAll('{full}', fullColumns)
    .replaceAll('{waiting}', waitingColumns)
    .replaceAll('{schedule}', scheduleColumns);
}
