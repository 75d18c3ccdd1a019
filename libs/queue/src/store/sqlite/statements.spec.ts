import Driver from 'libsql';
import { migrate } from './migrate.js';
import { statementTexts } from './statements.js';

/** What runs with every exchange or enqueue, or for one job. */
const hot =
  /^(lane\.(load|save)|job\.|enqueue\.|keys\.(look|take|release)|claim\.|exchange\.|note\.|look\.named|prune\.|after\.|schedules\.|gate\.|list\.parked)/;

describe('statements', () => {
  const driver = new Driver(':memory:');
  migrate(driver, ':memory:');
  afterAll(() => void driver.close());

  it.each([...statementTexts])('%s is understood by SQLite', (_, text) => {
    expect(() => driver.prepare(text)).not.toThrow();
  });

  it.each([...statementTexts].filter(([name]) => hot.test(name)))('%s reads no whole table', (_, text) => {
    const plan = driver.prepare(`EXPLAIN QUERY PLAN ${text}`).all() as { detail: string }[];
    const scans = plan
      .map((step) => step.detail)
      .filter((detail) =>
        /^SCAN (?!json_each|taken|moved|list|lanes|outbox|book|wanted|10 CONSTANT ROWS)/.test(detail),
      );

    expect(scans).toEqual([]);
  });
});
