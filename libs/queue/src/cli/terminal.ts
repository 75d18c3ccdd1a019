/** Where commands speak: data on `out`, talk on `err`. Tests hand in their own. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/** One object per answer, with the version of its shape. */
export function json(value: object): string {
  return JSON.stringify({ v: 1, ...value });
}
