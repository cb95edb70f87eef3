import type { Storage } from '@tidemark/core';
import type { OpenedStorage } from '@tidemark/testkit';

/**
 * A storage as the conformance suite wants it: opened, and opened once more on the same data by each `reopen`.
 *
 * @param create makes the nth storage on the data, from 0
 * @param clean removes the data, when every one of them is closed
 */
export async function reopeningStore(
  create: (nth: number) => Storage,
  clean: () => Promise<void>,
): Promise<OpenedStorage> {
  const stores: Storage[] = [];
  const open = async (): Promise<Storage> => {
    const store = create(stores.length);
    stores.push(store);
    await store.open();
    return store;
  };
  return {
    storage: await open(),
    reopen: open,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await clean();
    },
  };
}
