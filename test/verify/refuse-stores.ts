import type { Heal } from '@tidemark/testkit/verify';

/** A server whose store can be made to refuse everything. */
export interface RefusingServer {
  refuseStore(on: boolean): Promise<void>;
}

/** Has the store refuse the servers that run. One that starts meanwhile is not refused. Rejects when none hears of it. */
export async function refuseStores(servers: readonly RefusingServer[], over: AbortSignal): Promise<Heal> {
  const late = new Promise<never>((_, reject) => {
    over.addEventListener('abort', () => reject(new Error('no server answered in time')), { once: true });
  });
  const heal = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.refuseStore(false).catch(() => undefined)));
  };
  try {
    await Promise.race([late, Promise.any(servers.map((server) => server.refuseStore(true)))]);
  } catch (error) {
    // One that stands still hears of it when it goes on, and of its end right after.
    void heal();
    throw error;
  }
  return heal;
}
