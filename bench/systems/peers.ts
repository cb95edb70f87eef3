import { aedes } from './aedes/system.ts';
import { bareWs } from './bare-ws/system.ts';
import { jetstream } from './jetstream/system.ts';
import { socketIoRecipe, socketIoStreams } from './socket-io/system.ts';
import type { System } from './system.ts';
import { trpcSubscription } from './trpc-subscription/system.ts';

/** What Tidemark is compared with, from what keeps nothing to what keeps most. */
export const PEERS: readonly System[] = [bareWs, trpcSubscription, socketIoStreams, aedes, jetstream, socketIoRecipe];
