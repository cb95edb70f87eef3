import type { Storage } from '@tidemark/core';
import { type Backplane, memoryBackplane, redisBackplane } from '@tidemark/server';
import { Redis } from 'ioredis';
import { openStorage } from '../../test/verify/open-storage.ts';
import type { StoreSettings } from '../../test/verify/server-settings.ts';

/** Storage and backplane of one configuration, used by this very process. */
export interface OpenedDeployment extends AsyncDisposable {
  readonly storage: Storage;
  readonly backplane: Backplane;
}

export interface DeploymentSettings {
  /** URL; null: everything is in this process. */
  readonly redis: string | null;
  readonly store: StoreSettings;
  /** So that several can share one Redis. */
  readonly keyPrefix?: string;
}

/** Opens the storage, too. */
export async function openDeployment({ redis, store, keyPrefix }: DeploymentSettings): Promise<OpenedDeployment> {
  const { storage, end } = openStorage(store);
  await storage.open();
  const options = { partitions: 8, backlog: 10_000, deadLetters: 1_000 };
  const client = redis === null ? undefined : new Redis(redis);
  const backplane = client ? redisBackplane({ redis: client, keyPrefix, ...options }) : memoryBackplane(options);
  return {
    storage,
    backplane,
    [Symbol.asyncDispose]: async () => {
      await backplane.close();
      await storage.close();
      await end();
      client?.disconnect();
    },
  };
}
