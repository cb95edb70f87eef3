import type { Cursor, Storage } from '@tidemark/core';
import { postgresStorage } from '@tidemark/storage-postgres';
import pg from 'pg';
import { connectStock } from './app.ts';
import { type DeliveryRecord, follow, type StockClient } from './delivery-record.ts';
import { type ServerProcess, type ServerProcessOptions, startServerProcess } from './server-process.ts';
import { startPostgres } from './services/postgres.ts';
import { startRedis } from './services/redis.ts';
import type { Service } from './services/service.ts';

/** A Redis and a Postgres of the test's own, the server processes on them, and clients of those. */
export interface Deployment extends AsyncDisposable {
  readonly redis: Service;
  readonly postgres: Service;
  /** The store, past the servers. */
  readonly storage: Storage;
  start(options?: Omit<ServerProcessOptions, 'redis' | 'postgres'>): Promise<ServerProcess>;
  connect(server: ServerProcess, user: string): StockClient;
  /** Connects as `user` and follows the feed from `cursor`, or from now. */
  follow(
    server: ServerProcess,
    user: string,
    cursor?: Cursor,
  ): Promise<{ client: StockClient; record: DeliveryRecord }>;
}

export interface DeploymentOptions {
  /** Whether Redis keeps its data over a restart. Default true. */
  readonly appendonly?: boolean;
  /** Whether Postgres does, whatever happens to it. Default false, which is faster. */
  readonly durable?: boolean;
}

export async function startDeployment({
  appendonly = true,
  durable = false,
}: DeploymentOptions = {}): Promise<Deployment> {
  const [redis, postgres] = await Promise.all([startRedis({ appendonly }), startPostgres({ durable })]);
  const pool = new pg.Pool({ connectionString: postgres.url, max: 4 });
  // A connection that idles while the server is killed.
  pool.on('error', () => {});
  const storage = postgresStorage({ pool });
  await storage.open();
  const servers: ServerProcess[] = [];
  const clients: StockClient[] = [];
  const connect = (server: ServerProcess, user: string): StockClient => {
    const client = connectStock(server.wsUrl, user);
    clients.push(client);
    return client;
  };
  return {
    redis,
    postgres,
    storage,
    start: async (options = {}) => {
      const server = await startServerProcess({ ...options, redis: redis.url, postgres: postgres.url });
      servers.push(server);
      return server;
    },
    connect,
    follow: async (server, user, cursor) => {
      const client = connect(server, user);
      return { client, record: await follow(client, user, cursor) };
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
      await storage.close();
      await pool.end();
      await Promise.all([redis[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()]);
    },
  };
}
