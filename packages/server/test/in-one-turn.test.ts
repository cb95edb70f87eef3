import { expect, test } from 'vitest';
import { inOneTurn } from '../src/in-one-turn.ts';

test('calls of one turn go together in their order, and those of the next turn apart', async () => {
  const asked: (readonly number[])[] = [];
  const double = inOneTurn((numbers: readonly number[]) => {
    asked.push(numbers);
    return numbers.map(async (number) => 2 * number);
  });
  const first = double(1);
  await Promise.resolve();
  expect(await Promise.all([first, double(2)])).toEqual([2, 4]);
  expect(await double(3)).toBe(6);
  expect(asked).toEqual([[1, 2], [3]]);
});

test('each call is given its own failure', async () => {
  const refuse = inOneTurn((names: readonly string[]) => names.map((name) => Promise.reject(new Error(name))));
  const outcomes = await Promise.allSettled([refuse('a'), refuse('b')]);
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.message)).toEqual(['a', 'b']);
});

test('what throws at once fails all of them, and none that come later', async () => {
  let throws = true;
  const call = inOneTurn((requests: readonly string[]) => {
    if (throws) throw new Error('a defect');
    return requests.map(async (request) => request);
  });
  const outcomes = await Promise.allSettled([call('a'), call('b')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  throws = false;
  expect(await call('c')).toBe('c');
});
