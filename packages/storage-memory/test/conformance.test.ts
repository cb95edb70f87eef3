import { composeStorage } from '@tidemark/core';
import { historyConformance, inboxConformance, storageConformance } from '@tidemark/testkit';
import { createMemoryState, memoryHistory, memoryInbox, memoryStorage } from '../src/index.ts';

storageConformance('memoryStorage', async () => {
  const state = createMemoryState();
  return {
    storage: memoryStorage({ state }),
    reopen: async () => memoryStorage({ state }),
    [Symbol.asyncDispose]: async () => {},
  };
});

// Apart, so that the inbox cannot join: as history in one database and inbox in another.
storageConformance('memoryHistory with memoryInbox', async () => {
  const [history, inbox] = [createMemoryState(), createMemoryState()];
  const compose = () =>
    composeStorage({ history: memoryHistory({ state: history }), inbox: memoryInbox({ state: inbox }) });
  return { storage: compose(), reopen: async () => compose(), [Symbol.asyncDispose]: async () => {} };
});

historyConformance('memoryHistory', async () => {
  const state = createMemoryState();
  return {
    history: memoryHistory({ state }),
    reopen: async () => memoryHistory({ state }),
    [Symbol.asyncDispose]: async () => {},
  };
});

inboxConformance('memoryInbox', async () => {
  const state = createMemoryState();
  return {
    inbox: memoryInbox({ state }),
    reopen: async () => memoryInbox({ state }),
    [Symbol.asyncDispose]: async () => {},
  };
});
