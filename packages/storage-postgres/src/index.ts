export { newEpoch } from '@tidemark/core';
export type { PostgresClient, PostgresPool, PostgresQuery, PostgresResult } from './postgres-pool.ts';
export { type PostgresOptions, postgresHistory, postgresInbox, postgresStorage } from './postgres-storage.ts';
