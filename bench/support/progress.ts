import { shown } from '../report/words.js';
import type { Step } from '../scenario.js';

/** What is being measured, on the error output: one line that is written over, or without a terminal a line per step. */
export class ProgressLine {
  private readonly out = process.stderr;
  private last = '';

  show({ scenario, store, contestant, round, rounds, sample }: Step): void {
    const [{ name, unit }] = scenario.metrics;
    if (sample) this.last = `${contestant} ${shown(sample[name] ?? null)} ${unit}`;
    const text = `${scenario.name} on ${store}, round ${round} of ${rounds}: ${contestant}`;
    if (this.out.isTTY) {
      this.clear();
      this.out.write(`${text} …${this.last && ` (last: ${this.last})`}`);
    } else if (sample) this.out.write(`${text}: ${shown(sample[name] ?? null)} ${unit}\n`);
  }

  clear(): void {
    if (this.out.isTTY) this.out.write('\r\x1b[K');
  }
}
