import { trpcDriver } from '../trpc-driver.ts';

/** The wire of PROTOCOL.md. */
export const tidemarkDriver = trpcDriver({
  send: 'chat.send',
  feed: 'chat.inbox.feed',
  createGroup: 'chat.conversations.createGroup',
  direct: (from, to) => `d:${[from, to].sort().join(',')}`,
});
