import type { Storage } from '@tidemark/core';
import type { OpenedStorage } from '@tidemark/testkit';

/**
 * A storage as the conformance suite wants it: opened, and opened once more on the same data by each `reopen`.
 *
 * @param create makes the nth storage on the data, from 0; with `port`, one whose connections go there instead
 * @param server of the storage, where it has one
 * @param clean removes the data, when every one of them is closed
 */
export async function reopeningStore(
  create: (nth: number, port?: number) => Storage,
  clean: () => Promise<void>,
  server?: { readonly port: number },
): Promise<OpenedStorage> {
  const stores: Storage[] = [];
  const open = async (port?: number): Promise<Storage> => {
    const store = create(stores.length, port);
    stores.push(store);
    await store.open();
    return store;
  };
  return {
    storage: await open(),
    reopen: () => open(),
    ...(server && { network: { server, connect: open } }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(stores.map((store) => store.close()));
      await clean();
    },
  };
}
