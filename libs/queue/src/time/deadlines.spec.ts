import fc from 'fast-check';
import { Deadlines, type Due } from './deadlines.js';
import { ManualClock } from './manual-clock.js';

describe('Deadlines', () => {
  function setup() {
    const clock = new ManualClock();
    const deadlines = new Deadlines(clock);
    const expired: string[] = [];
    const due = (name: string, then?: () => void): Due => ({
      expire: () => {
        expired.push(`${name}@${clock.monotonic()}`);
        then?.();
      },
    });
    return { clock, deadlines, expired, due };
  }

  it('expires in order, never early, with one timer', async () => {
    const { clock, deadlines, expired, due } = setup();
    deadlines.add(due('b'), 2000);
    deadlines.add(due('a'), 1000);
    expect(clock.waiting).toBe(1);
    await clock.advance('1s');
    expect(expired).toEqual(['a@1000']);
    await clock.advance('1s');
    expect(expired).toEqual(['a@1000', 'b@2000']);
    expect(clock.waiting).toBe(0);
  });

  it('forgets what is dropped, also by one that expires with it', async () => {
    const { clock, deadlines, expired, due } = setup();
    const [dropped, late] = [due('dropped'), due('late')];
    deadlines.add(dropped, 500);
    deadlines.add(
      due('first', () => deadlines.drop(late)),
      1000,
    );
    deadlines.add(late, 1000);
    deadlines.drop(dropped);
    deadlines.drop(dropped);
    await clock.advance('5s');
    expect(expired).toEqual(['first@1000']);
  });

  it('replaces a deadline, and may be given a new one while expiring', async () => {
    const { clock, deadlines, expired, due } = setup();
    const again: Due = due('again', () => expired.length < 3 && deadlines.add(again, 100));
    deadlines.add(again, 5000);
    deadlines.add(again, 100);
    await clock.advance('10s');
    expect(expired).toEqual(['again@100', 'again@200', 'again@300']);
  });

  it('takes Infinity for never', () => {
    const { clock, deadlines, due } = setup();
    deadlines.add(due('never'), Infinity);
    expect(clock.waiting).toBe(0);
  });

  it('is at most 20 ms late, for any mix of adding, dropping and waiting', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.record({ add: fc.integer({ min: 0, max: 3000 }) }),
            fc.record({ drop: fc.nat(20) }),
            fc.record({ wait: fc.integer({ min: 1, max: 700 }) }),
          ),
          { maxLength: 30 },
        ),
        async (steps) => {
          const clock = new ManualClock();
          const deadlines = new Deadlines(clock);
          const all: { at: number; expiredAt?: number; dropped?: boolean; expire(): void; slot?: number }[] = [];
          for (const step of steps) {
            if ('add' in step) {
              const entry = {
                at: clock.monotonic() + step.add,
                expiredAt: undefined as number | undefined,
                expire: () => void (entry.expiredAt = clock.monotonic()),
              };
              all.push(entry);
              deadlines.add(entry, step.add);
            } else if ('drop' in step) {
              const entry = all[step.drop];
              if (!entry || entry.expiredAt !== undefined) continue;
              entry.dropped = true;
              deadlines.drop(entry);
            } else {
              await clock.advance(step.wait);
            }
          }
          await clock.advance('5s');
          for (const { at, expiredAt, dropped } of all) {
            if (dropped) expect(expiredAt).toBeUndefined();
            else expect(expiredAt! - at).toBeLessThan(20);
            if (!dropped) expect(expiredAt).toBeGreaterThanOrEqual(at);
          }
          expect(clock.waiting).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
