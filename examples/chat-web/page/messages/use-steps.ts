import { useLayoutEffect, useState } from 'react';

interface Ends {
  readonly window: number;
  readonly first: string | undefined;
  readonly last: string | undefined;
}

interface Step<R> {
  readonly rows: readonly R[];
  /** The start changed and the end did not: the list keeps its place by the end. */
  readonly shift: boolean;
  /** Another number: rows that have nothing in common with those before. */
  readonly window: number;
}

/**
 * The list keeps its place when rows change at one end at a time; a page that comes in at one end may push others out at the
 * other. Such a change is shown in two steps, both before the screen is drawn.
 */
export function useSteps<R extends { readonly key: string }>(target: readonly R[]): Step<R> {
  const [shown, setShown] = useState<Ends>({ window: 0, first: undefined, last: undefined });
  const step = stepTo(target, shown);
  const [first, last] = [step.rows[0]?.key, step.rows.at(-1)?.key];
  const { window } = step;
  useLayoutEffect(() => {
    setShown((known) =>
      known.window === window && known.first === first && known.last === last ? known : { window, first, last },
    );
  }, [window, first, last]);
  return step;
}

function stepTo<R extends { readonly key: string }>(target: readonly R[], shown: Ends): Step<R> {
  const { window, first, last } = shown;
  if (first === undefined || target[0]?.key === first) return { rows: target, shift: false, window };
  if (target.at(-1)?.key === last) return { rows: target, shift: true, window };
  const start = target.findIndex((row) => row.key === first);
  if (start > 0) return { rows: target.slice(start), shift: false, window };
  const end = target.findIndex((row) => row.key === last);
  if (end >= 0) return { rows: target.slice(0, end + 1), shift: true, window };
  return { rows: target, shift: false, window: window + 1 };
}
