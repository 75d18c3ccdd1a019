import { InvalidArgumentError } from 'commander';

/** Reads an option of the command line. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('A whole number above 0.');
  return number;
}
