import { bareWsDriver } from './bare-ws/driver.ts';
import { bareWs } from './bare-ws/system.ts';
import type { Driver } from './driver.ts';
import { tidemarkDriver } from './tidemark/driver.ts';
import { tidemark } from './tidemark/system.ts';
import { trpcSubscriptionDriver } from './trpc-subscription/driver.ts';
import { trpcSubscription } from './trpc-subscription/system.ts';

/** How the load generator speaks to a system, by the system's name. */
export const DRIVERS: Readonly<Record<string, Driver>> = {
  [tidemark.name]: tidemarkDriver,
  [bareWs.name]: bareWsDriver,
  [trpcSubscription.name]: trpcSubscriptionDriver,
};
