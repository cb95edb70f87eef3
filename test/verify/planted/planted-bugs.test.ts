import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { memoryStorage } from '@tidemark/storage-memory';
import { batchFor, conversationBuilder, seqCounter } from '@tidemark/testkit';
import { FAULTS, judge } from '@tidemark/testkit/verify';
import { expect, test } from 'vitest';
import { changed, plant } from './plant.ts';
import type { Change } from './planted-bug.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { seamsOf } from './planted-seams.ts';

async function apply(changes: readonly Change[]): Promise<void> {
  const texts = new Map<string, string>();
  for (const change of changes) {
    const { file } = change;
    const text =
      texts.get(file) ?? (await readFile(fileURLToPath(new URL(`../../../${file}`, import.meta.url)), 'utf8'));
    texts.set(file, changed(text, change));
  }
}

test.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))(
  '%s still finds its place in the sources',
  async (_, bug) => {
    await apply([...(bug.circumstance?.changes ?? []), ...(bug.changes ?? [])]);
    for (const kind of bug.faults) expect(FAULTS.has(kind)).toBe(true);
  },
);

test('at least eighteen bugs are planted, each under a name of its own', () => {
  expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(18);
});

test('each invariant has a bug to find', () => {
  // That something was observed is a claim about the run, not about the product.
  const invariants = Object.keys(judge([]).invariants).filter((name) => name !== 'something-observed');
  expect(new Set(PLANTED_BUGS.flatMap(({ caughtBy }) => caughtBy))).toEqual(new Set(invariants));
});

test('a change without a place, or with two, is refused', () => {
  const change: Change = { file: 'a.ts', find: 'b', replace: 'c' };
  expect(changed('abc', change)).toBe('acc');
  expect(() => changed('ac', change)).toThrow('a.ts has 0 places');
  expect(() => changed('abcb', change)).toThrow('a.ts has 2 places');
});

test('a change to a file that is in no program is known to be idle', () => {
  const change: Change = { file: 'README.md', find: 'a', replace: 'b' };
  expect(plant([{ changes: [change] }]).idle()).toEqual([change]);
});

test('a planted seam goes around the part that a server is made of', async () => {
  const plain = memoryStorage();
  const chat = conversationBuilder();
  const batch = batchFor(chat, chat.events, seqCounter());
  await plain.commit(batch);
  expect(await plain.commit(batch)).toEqual({ conflict: 'event' });
  expect(await seamsOf([]).storage(plain).commit(batch)).toEqual({ conflict: 'event' });
  expect(await seamsOf(['nothing-found', 'conflicts-unheard']).storage(plain).commit(batch)).toEqual({
    conflict: undefined,
  });
});
