import { OptionFailed } from '../job/errors.js';

/** What a function among the options of a task answers. Throws `OptionFailed` with what it threw. */
export function asked<T>(task: string, option: string, ask: () => T): T {
  try {
    const answer = ask();
    // An async function where none is wanted: its promise is refused, and nobody hears should it reject.
    if (answer instanceof Promise) answer.catch(() => undefined);
    return answer;
  } catch (error) {
    throw new OptionFailed(task, option, error);
  }
}
