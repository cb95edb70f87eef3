import { UnavailableError } from '@tidemark/core';
import {
  type ClusterRedis,
  type ConnectionOverrides,
  isClusterClient,
  type RedisClient,
  type RedisConnection,
} from './client.ts';
import { movedTo, redisFailure } from './failure.ts';
import { CALL_TIMEOUT_MS, type RedisCalls } from './redis-calls.ts';

/**
 * Opens connections of the backplane's own, beside the application's client and with its options: for commands that block
 * and for subscriptions. Such a connection goes to one server and never reconnects; when it fails, its owner throws it
 * away and opens another. It is on the database of the client; when the application selects another it is ended, and so
 * opened again on that one. In a cluster it goes to the server that has the slot: any master says which one that is.
 */
export interface OwnConnectionOptions<T> {
  readonly client: RedisClient;
  readonly calls: RedisCalls;
  /** For the server's list of clients. */
  readonly name: string;
  /** Closes the connection, now or later. */
  readonly signal: AbortSignal;
  /** First command, of the key or channel that the connection is for. */
  readonly first: (connection: RedisConnection) => Promise<T>;
  /** Called once when an opened connection is gone, also after `signal`. */
  readonly onEnd?: () => void;
}

/** Throws UnavailableError when no server can be reached or none has the slot now. */
export async function openOwnConnection<T>(
  options: OwnConnectionOptions<T>,
): Promise<{ connection: RedisConnection; reply: T }> {
  const { client, calls } = options;
  if (!isClusterClient(client)) return attempt(options, (overrides) => client.duplicate(overrides));
  // A client that has only just been made knows no server yet.
  if (client.nodes('master').length === 0) await calls.command('ping');
  const masters = client.nodes('master');
  const any = masters[Math.floor(Math.random() * masters.length)];
  if (!any) throw new UnavailableError('Redis Cluster has no master that can be reached');
  try {
    return await attempt(options, (overrides) => any.duplicate(overrides));
  } catch (error) {
    const owner = ownerOf(client, error);
    if (!owner) throw error;
    return attempt(options, (overrides) => any.duplicate({ ...overrides, ...owner }));
  }
}

/** Ends a connection, and resolves when its socket is gone. */
export async function closeOwnConnection(connection: RedisConnection): Promise<void> {
  if (connection.status === 'end') return;
  const ended = new Promise<void>((resolve) => {
    connection.on('end', () => resolve());
  });
  dropOwnConnection(connection);
  await ended;
}

/** Begins to end a connection. One that has ended is left alone: the client would set a timer for its socket. */
export function dropOwnConnection(connection: RedisConnection): void {
  if (connection.status !== 'end') connection.disconnect();
}

async function attempt<T>(
  { client, calls, name, signal, first, onEnd }: OwnConnectionOptions<T>,
  duplicate: (overrides: ConnectionOverrides) => RedisConnection,
): Promise<{ connection: RedisConnection; reply: T }> {
  if (signal.aborted) throw new UnavailableError('the backplane was closed');
  const db = calls.database;
  const connection = duplicate({ ...overridesFor(client, name), ...(!calls.isCluster && { db }) });
  let lastError: unknown;
  connection.on('error', (error) => {
    lastError = error;
  });
  const disconnect = (): void => dropOwnConnection(connection);
  signal.addEventListener('abort', disconnect, { once: true });
  const follow = (): void => {
    if (calls.database !== db) disconnect();
  };
  calls.onSelect.add(follow);
  connection.on('end', () => {
    signal.removeEventListener('abort', disconnect);
    calls.onSelect.delete(follow);
  });
  try {
    await calls.deadlines.within(CALL_TIMEOUT_MS, name, connection.connect());
    const reply = await calls.deadlines.within(CALL_TIMEOUT_MS, name, first(connection));
    if (onEnd) {
      if (connection.status === 'end') throw new UnavailableError(`the connection for ${name} was lost`);
      connection.on('end', onEnd);
    }
    return { connection, reply };
  } catch (error) {
    await closeOwnConnection(connection);
    throw movedTo(error) === undefined ? redisFailure(lastError ?? error, name) : error;
  }
}

function overridesFor(client: RedisClient, name: string): ConnectionOverrides {
  // Time limits that the application set for its own commands would end reads that block.
  const unlimited = { commandTimeout: undefined, socketTimeout: undefined, blockingTimeout: undefined };
  return {
    ...unlimited,
    // A cluster has its key prefix beside, not in, the options of its nodes.
    keyPrefix: client.options.keyPrefix ?? '',
    connectionName: name,
    lazyConnect: true,
    retryStrategy: () => null,
    enableOfflineQueue: true,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: false,
    readOnly: false,
    connectTimeout: CALL_TIMEOUT_MS,
    disconnectTimeout: 200,
    maxLoadingRetryTime: 200,
  };
}

/** Where the cluster said the slot is, through the address translation that the application set. */
function ownerOf(client: ClusterRedis, error: unknown): { host: string; port: number } | undefined {
  const address = movedTo(error);
  if (address === undefined) return undefined;
  const { natMap } = client.options;
  const mapped: unknown =
    typeof natMap === 'function' ? natMap(address) : (natMap as Record<string, unknown> | null | undefined)?.[address];
  if (mapped) return mapped as { host: string; port: number };
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
