import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { allOf, anyOf, at, calendar, cron, describeTrigger, every, type Trigger } from 'millrace';

const guide = readFileSync(join(import.meta.dirname, '../../docs/guide.md'), 'utf8');
const builders = { cron, every, at, calendar, anyOf, allOf };
const rows = [...guide.matchAll(/^\| `((?:cron|every|at|calendar|anyOf|allOf)\(.*\))` \| ([^|]+) \|$/gm)];

describe('the triggers of the guide', () => {
  it('shows every kind', () => {
    expect(new Set(rows.map(([, code]) => code!.split('(')[0]))).toEqual(new Set(Object.keys(builders)));
  });

  it.each(rows.map(([, code, words]) => [code!, words!]))('%s is said as in the guide: %s', (code, words) => {
    // In a realm of its own: what a builder is handed there comes back as data.
    const trigger = JSON.parse(JSON.stringify(runInNewContext(code, builders))) as Trigger;

    expect(describeTrigger(trigger)).toBe(words);
  });
});
