import { aedesDriver } from './aedes/driver.ts';
import { bareWsDriver } from './bare-ws/driver.ts';
import type { Driver } from './driver.ts';
import { jetstreamDriver } from './jetstream/driver.ts';
import { socketIoDriver } from './socket-io/driver.ts';
import { tidemarkDriver } from './tidemark/driver.ts';
import { trpcSubscriptionDriver } from './trpc-subscription/driver.ts';

/** How the load generator speaks to a system, by what the system says of its `wire`. */
export const DRIVERS = {
  tidemark: tidemarkDriver,
  'bare-ws': bareWsDriver,
  'trpc-subscription': trpcSubscriptionDriver,
  'socket-io': socketIoDriver,
  mqtt: aedesDriver,
  nats: jetstreamDriver,
} as const satisfies Readonly<Record<string, Driver>>;

export type Wire = keyof typeof DRIVERS;
