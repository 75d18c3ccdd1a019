/** `a`, `a and b`, `a, b and c`. */
export function enumerate(words: readonly string[], conjunction = 'and'): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)!}`;
}

/** Numbers in words, three or more neighbours as `a to b`. The numbers are sorted. */
export function enumerateRuns(values: readonly number[], word: (value: number) => string = String): string {
  const runs: { from: number; to: number }[] = [];
  for (const value of values) {
    const run = runs.at(-1);
    if (run && run.to + 1 === value) run.to = value;
    else runs.push({ from: value, to: value });
  }
  return enumerate(
    runs.flatMap(({ from, to }) => {
      if (to - from > 1) return [`${word(from)} to ${word(to)}`];
      return from === to ? [word(from)] : [word(from), word(to)];
    }),
  );
}

/** `1st`, `2nd`, `3rd`, `11th` … */
export function ordinal(n: number): string {
  const ending = Math.floor(n / 10) % 10 === 1 ? undefined : ['st', 'nd', 'rd'][(n % 10) - 1];
  return `${n}${ending ?? 'th'}`;
}

export function twoDigits(n: number): string {
  return String(n).padStart(2, '0');
}
