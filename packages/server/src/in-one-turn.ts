/**
 * Calls that are made in the same turn of the event loop go together: `together` is given all of them, in their order, and
 * gives each its answer. A call that is alone goes alone, at the end of the turn. Where `together` throws, all fail with that.
 */
export function inOneTurn<Request, Answer>(
  together: (requests: readonly Request[]) => readonly Promise<Answer>[],
): (request: Request) => Promise<Answer> {
  let waiting: {
    readonly request: Request;
    readonly resolve: (answer: Promise<Answer>) => void;
    readonly reject: (error: unknown) => void;
  }[] = [];

  function go(): void {
    const calls = waiting;
    waiting = [];
    try {
      const answers = together(calls.map(({ request }) => request));
      for (const [index, { resolve }] of calls.entries()) resolve(answers[index] as Promise<Answer>);
    } catch (error) {
      for (const { reject } of calls) reject(error);
    }
  }

  return (request) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ request, resolve, reject }) === 1) setImmediate(go);
    });
}
