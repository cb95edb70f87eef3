import { trpcDriver } from '../trpc-driver.ts';

export const trpcSubscriptionDriver = trpcDriver({
  send: 'send',
  feed: 'feed',
  createGroup: 'createGroup',
  direct: (_, to) => to,
});
