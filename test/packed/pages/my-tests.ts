import type { Database } from './my-storage.ts';

export const freePort = async (): Promise<number> => 0;
export const startDatabase = async (): Promise<Database & { stop(): Promise<void> }> => ({
  port: 0,
  drop: async () => undefined,
  stop: async () => undefined,
});
