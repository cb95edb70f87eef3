import type { Storage } from '@tidemark/core';
import { createMemoryState, type MemoryState, memoryStorage } from '@tidemark/storage-memory';
import { type OpenedStorage, storageRoleCases } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';
import { BROKEN_STORAGES } from './broken-storages.ts';

/** Names of the cases that the storage fails. */
async function failures(open: (state: MemoryState) => Storage): Promise<string[]> {
  const factory = async (): Promise<OpenedStorage> => {
    const state = createMemoryState();
    return {
      storage: open(state),
      reopen: async () => open(state),
      [Symbol.asyncDispose]: async () => {},
    };
  };
  const failed: string[] = [];
  for (const each of storageRoleCases) {
    await each.run(factory).catch(() => failed.push(each.name));
  }
  return failed;
}

describe('the conformance suite', () => {
  test('passes a storage without mistakes', async () => {
    expect(await failures((state) => memoryStorage({ state }))).toEqual([]);
  });

  test.each(BROKEN_STORAGES)('catches: $mistake', async ({ caughtBy, open }) => {
    const failed = await failures(open);
    expect(failed.filter((name) => name.startsWith(caughtBy))).toHaveLength(1);
    // One mistake is no landslide: the cases are about what they say.
    expect(failed.length).toBeLessThan(storageRoleCases.length / 2);
  });

  test('has a sentence of its own for every case', () => {
    const names = storageRoleCases.map((each) => each.name);
    expect(new Set(names).size).toBe(names.length);
  });
});
