import type { Storage } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';

export interface Database {
  readonly port: number;
  drop(): Promise<void>;
}

export const createEmptyDatabase = async (): Promise<Database> => ({ port: 0, drop: async () => undefined });
export const myStorage = (_database: Database): Storage => memoryStorage();
