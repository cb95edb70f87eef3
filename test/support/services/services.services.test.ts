import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Cluster, Redis } from 'ioredis';
import { MongoClient } from 'mongodb';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PATIENCE_MS } from '../patience.ts';
import { startMariadb } from './mariadb.ts';
import { startMongo } from './mongo.ts';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { firstOf, NotHere, type Service } from './service.ts';
import { areGone, descendants } from './system.ts';

/** How a test writes one value to a service and reads it back, each on a connection of its own. */
interface Subject {
  readonly variable: string;
  readonly start: () => Promise<Service>;
  readonly write: (url: string, value: string) => Promise<void>;
  /** @param ms how long it waits for an answer; the patience of the tests unless given. */
  readonly read: (url: string, ms?: number) => Promise<string | undefined>;
}

async function withRedis<T>(url: string, ms = PATIENCE_MS, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, commandTimeout: ms });
  redis.on('error', () => {});
  try {
    await redis.connect();
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

async function withPostgres<T>(url: string, ms = PATIENCE_MS, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ms, query_timeout: ms });
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    await client.end().catch(() => {});
  }
}

async function withMariadb<T>(
  url: string,
  ms = PATIENCE_MS,
  use: (connection: mysql.Connection) => Promise<T>,
): Promise<T> {
  const connection = await mysql.createConnection({ uri: url, connectTimeout: ms });
  connection.on('error', () => {});
  try {
    return await use(connection);
  } finally {
    connection.destroy();
  }
}

async function withMongo<T>(url: string, ms = PATIENCE_MS, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: ms, socketTimeoutMS: ms });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const subjects: Record<string, Subject> = {
  Redis: {
    variable: 'REDIS_URL',
    start: () => startRedis(),
    write: (url, value) => withRedis(url, undefined, async (redis) => void (await redis.set('kept', value))),
    read: (url, ms) => withRedis(url, ms, async (redis) => (await redis.get('kept')) ?? undefined),
  },
  Postgres: {
    variable: 'POSTGRES_URL',
    start: () => startPostgres(),
    write: (url, value) =>
      withPostgres(url, undefined, async (client) => {
        await client.query('CREATE TABLE kept (value text)');
        await client.query('INSERT INTO kept VALUES ($1)', [value]);
      }),
    read: (url, ms) =>
      withPostgres(url, ms, async (client) => (await client.query('SELECT value FROM kept')).rows[0]?.value),
  },
  MariaDB: {
    variable: 'MYSQL_URL',
    start: () => startMariadb(),
    write: (url, value) =>
      withMariadb(url, undefined, async (connection) => {
        await connection.query('CREATE TABLE kept (value text)');
        await connection.query('INSERT INTO kept VALUES (?)', [value]);
      }),
    read: (url, ms) =>
      withMariadb(url, ms, async (connection) => {
        const [rows] = await connection.query<mysql.RowDataPacket[]>('SELECT value FROM kept');
        return rows[0]?.value as string | undefined;
      }),
  },
  MongoDB: {
    variable: 'MONGODB_URI',
    start: () => startMongo(),
    write: (url, value) =>
      withMongo(url, undefined, async (client) => {
        await client
          .db()
          .collection('kept')
          .insertOne({ value }, { writeConcern: { w: 'majority', journal: true } });
      }),
    read: (url, ms) => withMongo(url, ms, async (client) => (await client.db().collection('kept').findOne())?.value),
  },
};

/** These tests are about servers of their own: an address in the environment is tested by itself, below. */
function forgetAddresses(): void {
  for (const name of ['REDIS_URL', 'REDIS_CLUSTER_URLS', 'POSTGRES_URL', 'MYSQL_URL', 'MONGODB_URI'])
    vi.stubEnv(name, '');
}

async function family(service: Service): Promise<number[]> {
  return service.pid === undefined ? [] : [service.pid, ...(await descendants(service.pid))];
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(Object.entries(subjects))('%s', (_name, { variable, start, write, read }) => {
  test('keeps what was written through kill -9 and restart, on the same port, and leaves no process', async () => {
    forgetAddresses();
    const service = await start();
    const { url } = service;
    await write(url, 'value');

    const first = await family(service);
    await service.kill9();
    expect(service.pid).toBeUndefined();
    expect(await areGone(first)).toBe(true);
    await expect(read(url, 1_000)).rejects.toThrow();

    await service.restart();
    expect(service.url).toBe(url);
    expect(await read(url)).toBe('value');

    const second = await family(service);
    await service[Symbol.asyncDispose]();
    expect(await areGone(second)).toBe(true);
  });

  test('does not answer while paused, and answers when resumed', async () => {
    forgetAddresses();
    await using service = await start();
    await write(service.url, 'value');
    await service.pause();
    const pending = read(service.url, 1_000).then(
      (value) => value,
      () => 'no answer',
    );
    expect(await pending).toBe('no answer');
    await service.resume();
    expect(await read(service.url)).toBe('value');
  });

  test(`takes the server that ${variable} names, works on it and refuses to kill it`, async () => {
    forgetAddresses();
    await using server = await start();
    vi.stubEnv(variable, server.url);
    await using given = await start();
    await write(given.url, 'value');
    expect(await read(given.url)).toBe('value');
    await expect(given.kill9()).rejects.toThrow(`unset ${variable}`);
    await expect(given.restart()).rejects.toThrow(`unset ${variable}`);
    vi.unstubAllEnvs();
  });
});

describe('Redis', () => {
  test('without an append-only file is empty after a restart', async () => {
    forgetAddresses();
    await using service = await startRedis({ appendonly: false });
    await subjects.Redis?.write(service.url, 'value');
    await service.kill9();
    await service.restart();
    expect(await subjects.Redis?.read(service.url)).toBeUndefined();
  });

  test('ends with the process that started it, even when that is killed with -9', async () => {
    forgetAddresses();
    const module = new URL('redis.ts', import.meta.url).href;
    const script = `import { startRedis } from '${module}';
      const service = await startRedis();
      console.log(service.pid);
      setInterval(() => {}, 1000);`;
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await Promise.race([
      new Promise<string[]>((resolve) => createInterface(child.stdout).once('line', (text) => resolve([text]))),
      new Promise<never>((_, reject) => child.once('exit', () => reject(new Error('the child ended early')))),
    ]);
    const pid = Number(line);
    expect(await areGone([pid])).toBe(false);
    child.kill('SIGKILL');
    await expect.poll(() => areGone([pid])).toBe(true);
  });
});

describe('Redis Cluster', () => {
  test('serves all slots, and again with its data after one of its nodes was killed with -9', async () => {
    forgetAddresses();
    const cluster = await startRedisCluster();
    expect(cluster.urls).toHaveLength(3);
    const client = new Cluster([...cluster.urls], { clusterRetryStrategy: () => 50, retryDelayOnClusterDown: 100 });
    client.on('error', () => {});
    const keys = Array.from({ length: 100 }, (_, index) => `key-${index}`);
    await Promise.all(keys.map((key) => client.set(key, `value of ${key}`)));

    const [node] = cluster.nodes as [Service];
    const pids = (await Promise.all(cluster.nodes.map(family))).flat();
    await node.kill9();
    await node.restart();
    const readAll = () => Promise.all(keys.map((key) => client.get(key))).catch(() => []);
    await expect.poll(readAll).toEqual(keys.map((key) => `value of ${key}`));

    client.disconnect();
    const restarted = node.pid as number;
    await cluster[Symbol.asyncDispose]();
    expect(await areGone([...pids, restarted])).toBe(true);
  });
});

describe('a service that cannot be had', () => {
  test('is an error that gives every reason and says what to install', async () => {
    const ways = [async () => new NotHere('no such program'), async () => new NotHere('no Docker engine here')];
    await expect(firstOf('Something', 'Install something.', ways)).rejects.toThrow(
      'Something is needed and cannot be had (no such program; no Docker engine here). Install something.',
    );
  });

  test('is had in the first way that gives it', async () => {
    const ways = [async () => new NotHere('no such program'), async () => ({ way: 2 }), async () => ({ way: 3 })];
    expect(await firstOf('Something', 'Install something.', ways)).toEqual({ way: 2 });
  });
});

test('a temporary folder is removed with its service', async () => {
  forgetAddresses();
  const service = await startRedis();
  const folder = await withRedis(
    service.url,
    undefined,
    async (redis) => ((await redis.config('GET', 'dir')) as string[])[1] as string,
  );
  expect(existsSync(folder)).toBe(true);
  await service[Symbol.asyncDispose]();
  expect(existsSync(folder)).toBe(false);
});
