import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { composeStorage, type Storage } from '@tidemark/core';
import { mongoInbox } from '@tidemark/storage-mongo';
import { mysqlStorage } from '@tidemark/storage-mysql';
import { postgresStorage } from '@tidemark/storage-postgres';
import { sqliteStorage } from '@tidemark/storage-sqlite';
import { MongoClient } from 'mongodb';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { startMariadb } from './services/mariadb.ts';
import { startMongo } from './services/mongo.ts';
import { startPostgres } from './services/postgres.ts';
import { makeTempFolder, removeTempFolder } from './services/temp-folder.ts';

/** A store that can be set back: SQLite while nobody has it open, the others at any time. */
export interface Restorable extends AsyncDisposable {
  /** Opened by each application anew. */
  open(): { storage: Storage; end(): Promise<void> };
  backUp(): Promise<void>;
  /** To who looks meanwhile, a store in two parts is set back in two steps. */
  restore(): Promise<void>;
}

export async function sqliteFile(): Promise<Restorable> {
  const folder = await makeTempFolder();
  const [file, copy] = [join(folder, 'chat.db'), join(folder, 'backup.db')];
  return {
    open: () => ({ storage: sqliteStorage({ path: file }), end: async () => {} }),
    backUp: () => copyFile(file, copy),
    restore: async () => {
      for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
      await copyFile(copy, file);
    },
    [Symbol.asyncDispose]: async () => removeTempFolder(folder),
  };
}

/** Restored in one transaction, and every connection to it is ended, as when a replica that is behind is promoted. */
export async function postgresDatabase(): Promise<Restorable> {
  const service = await startPostgres({ durable: false });
  const admin = new pg.Client({ connectionString: service.url });
  await admin.connect();
  let saved: string[] = [];
  return {
    open: () => {
      const pool = new pg.Pool({ connectionString: service.url, max: 4 });
      // Of a connection that idles while it is ended.
      pool.on('error', () => {});
      return { storage: postgresStorage({ pool }), end: () => pool.end() };
    },
    backUp: async () => {
      const { rows } = await admin.query("select tablename from pg_tables where tablename like 'tidemark\\_%'");
      saved = rows.map(({ tablename }) => tablename);
      await admin.query('create schema backup');
      for (const table of saved) await admin.query(`create table backup.${table} as table ${table}`);
    },
    restore: async () => {
      await admin.query('begin');
      await admin.query(`truncate ${saved.join(', ')}`);
      await admin.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      for (const table of saved) await admin.query(`insert into ${table} select * from backup.${table}`);
      await admin.query('commit');
    },
    [Symbol.asyncDispose]: async () => {
      await admin.end();
      await service[Symbol.asyncDispose]();
    },
  };
}

/** Restored table by table, on connections that stay open. */
export async function mariadbDatabase(): Promise<Restorable> {
  const service = await startMariadb();
  const admin = await mysql.createConnection({ uri: service.url, multipleStatements: true });
  const tables = async (): Promise<string[]> => {
    const [rows] = await admin.query<mysql.RowDataPacket[]>('show tables like ?', ['tidemark\\_%']);
    return rows.map((row) => String(Object.values(row)[0]));
  };
  let saved: string[] = [];
  return {
    open: () => {
      const pool = mysql.createPool({ uri: service.url, connectionLimit: 4 });
      return { storage: mysqlStorage({ pool }), end: () => pool.end() };
    },
    backUp: async () => {
      saved = await tables();
      for (const table of saved) {
        await admin.query(
          `create table backup_${table} like ${table}; insert into backup_${table} select * from ${table}`,
        );
      }
    },
    restore: async () => {
      const locks = saved.map((table) => `${table} write, backup_${table} read`);
      const copies = saved.map((table) => `delete from ${table}; insert into ${table} select * from backup_${table}`);
      await admin.query(`lock tables ${locks.join(', ')}; ${copies.join('; ')}; unlock tables`);
    },
    [Symbol.asyncDispose]: async () => {
      await admin.end();
      await service[Symbol.asyncDispose]();
    },
  };
}

/** An inbox in MongoDB beside the history of another store, both restored. */
export async function mongoBeside(history: Restorable): Promise<Restorable> {
  const service = await startMongo();
  const admin = new MongoClient(service.url);
  // Not the epoch: it is the same in the backup.
  const names = ['tidemark_inbox', 'tidemark_heads'];
  const saved = new Map<string, object[]>();
  return {
    open: () => {
      const opened = history.open();
      const client = new MongoClient(service.url);
      return {
        storage: composeStorage({ history: opened.storage.history, inbox: mongoInbox({ db: client.db('chat') }) }),
        end: async () => {
          await client.close();
          await opened.end();
        },
      };
    },
    backUp: async () => {
      await history.backUp();
      for (const name of names) saved.set(name, await admin.db('chat').collection(name).find().toArray());
    },
    restore: async () => {
      await history.restore();
      for (const [name, documents] of saved) {
        const collection = admin.db('chat').collection(name);
        await collection.deleteMany({});
        if (documents.length > 0) await collection.insertMany(documents);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await admin.close();
      await service[Symbol.asyncDispose]();
      await history[Symbol.asyncDispose]();
    },
  };
}
