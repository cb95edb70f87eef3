import { nodeSystem, nothingMissing } from '../system.ts';

export const trpcSubscription = nodeSystem({
  name: 'tRPC subscription',
  wire: 'trpc-subscription',
  acknowledgementMeans: 'the event was emitted to the subscriptions of this one process; nothing is kept anywhere',
  uses: [],
  missing: nothingMissing,
  program: new URL('./server.ts', import.meta.url),
  path: '/trpc',
});
