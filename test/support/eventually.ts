/** Asks again until the answer is truthy; fails with the last answer or error once `within` milliseconds have passed. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  { within = 10_000, every = 20, what = 'it' }: { within?: number; every?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + within;
  for (;;) {
    let last: unknown;
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${within} ms for ${what}; last: ${String(last)}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
