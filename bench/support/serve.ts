/** What a child can be asked to do, by name. Arguments and answers travel as JSON. */
export type Verbs = Record<string, (...given: never[]) => unknown>;

export interface Question {
  id: number;
  verb: string;
  given: unknown[];
}

export type Answer = { id: number; value: unknown } | { id: number; error: string };

/** The child's side: answers until its parent is gone, then ends the process. */
export function serve(verbs: Verbs): void {
  const answer = (reply: Answer) => process.send?.(reply);
  process.on('message', ({ id, verb, given }: Question) => {
    void perform(verbs, verb, given).then(
      (value) => answer({ id, value }),
      (error: unknown) =>
        answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

async function perform(verbs: Verbs, verb: string, given: unknown[]): Promise<unknown> {
  const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (!act) throw new Error(`This program has no verb '${verb}'.`);
  return act(...(given as never[]));
}
