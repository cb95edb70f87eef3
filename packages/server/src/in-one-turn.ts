/**
 * Calls that are made in the same turn of the event loop go together: `together` is given all of them, in their order, and
 * gives each its answer. A call that is alone goes alone, at the end of the turn.
 */
export function inOneTurn<Request, Answer>(
  together: (requests: readonly Request[]) => readonly Promise<Answer>[],
): (request: Request) => Promise<Answer> {
  let waiting: { readonly request: Request; readonly resolve: (answer: Promise<Answer>) => void }[] = [];

  function go(): void {
    const calls = waiting;
    waiting = [];
    const answers = together(calls.map(({ request }) => request));
    for (const [index, { resolve }] of calls.entries()) resolve(answers[index] as Promise<Answer>);
  }

  return (request) =>
    new Promise((resolve) => {
      if (waiting.push({ request, resolve }) === 1) setImmediate(go);
    });
}
