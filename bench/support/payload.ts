/** What every job of every contestant carries: about 200 bytes of JSON. */
export interface Payload {
  n: number;
  /** When the job was sent or is due, as `clockTime()` says. 0: nobody asks. */
  at: number;
  text: string;
}

const text = 'background work, '.repeat(10);

export function payload(n: number, at = 0): Payload {
  return { n, at, text };
}

export function payloads(from: number, count: number): Payload[] {
  return Array.from({ length: count }, (_, i) => payload(from + i));
}

export const payloadBytes = JSON.stringify(payload(10_000)).length;
