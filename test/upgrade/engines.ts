import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Storage } from '@tidemark/core';
import { mysqlStorage } from '@tidemark/storage-mysql';
import { postgresStorage } from '@tidemark/storage-postgres';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import Database from 'libsql';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { startMariadb } from '../support/services/mariadb.ts';
import { startPostgres } from '../support/services/postgres.ts';

/** A database of its own, that can be written as SQL text and made from it. */
export interface Engine extends AsyncDisposable {
  open(): Promise<Storage>;
  dump(): Promise<string>;
  restore(sql: string): Promise<void>;
}

/** By the name of its file. */
export const ENGINES: Readonly<Record<'sqlite' | 'postgres' | 'mariadb', () => Promise<Engine>>> = {
  sqlite: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidemark-upgrade-'));
    const path = join(folder, 'tidemark.db');
    return opened({
      make: () => sqliteStorage({ path }),
      dump: () => output('sqlite3', [path, '.dump']),
      restore: async (sql) => {
        const database = new Database(path);
        database.exec(sql);
        database.close();
      },
      end: () => rm(folder, { recursive: true, force: true }),
    });
  },
  postgres: async () => {
    const service = await startPostgres({ durable: false });
    const pool = new pg.Pool({ connectionString: service.url, max: 2 });
    const options = ['--no-owner', '--no-privileges', '--inserts', '--table=tidemark_*'];
    return opened({
      make: () => postgresStorage({ pool }),
      dump: () => output('pg_dump', [...options, service.url]),
      restore: async (sql) => {
        const client = new pg.Client({ connectionString: service.url });
        await client.connect();
        // Lines for psql alone begin with a backslash.
        await client.query(sql.replace(/^\\.*$/gm, ''));
        await client.end();
      },
      end: async () => {
        await pool.end();
        await service[Symbol.asyncDispose]();
      },
    });
  },
  mariadb: async () => {
    const service = await startMariadb();
    const pool = mysql.createPool({ uri: service.url, connectionLimit: 2 });
    const { hostname, port, username, pathname } = new URL(service.url);
    const place = [`--host=${hostname}`, `--port=${port}`, `--user=${username}`, '--protocol=tcp'];
    const database = pathname.slice(1);
    return opened({
      make: () => mysqlStorage({ pool }),
      dump: () => output('mariadb-dump', [...place, '--skip-comments', '--compact', '--hex-blob', database]),
      restore: async (sql) => {
        const connection = await mysql.createConnection({ uri: service.url, multipleStatements: true });
        await connection.query(sql);
        await connection.end();
      },
      end: async () => {
        await pool.end();
        await service[Symbol.asyncDispose]();
      },
    });
  },
};

function opened(engine: {
  make(): Storage;
  dump(): Promise<string>;
  restore(sql: string): Promise<void>;
  end(): Promise<void>;
}): Engine {
  const { dump, restore } = engine;
  const storages: Storage[] = [];
  return {
    open: async () => {
      const storage = engine.make();
      storages.push(storage);
      await storage.open();
      return storage;
    },
    dump,
    restore,
    [Symbol.asyncDispose]: async () => {
      for (const storage of storages) await storage.close();
      await engine.end();
    },
  };
}

async function output(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 1 << 26 });
  return stdout;
}
