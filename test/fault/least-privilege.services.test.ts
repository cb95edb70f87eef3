import { DeploymentError, directConversationId, type Storage } from '@tidemark/core';
import { mongoInbox } from '@tidemark/storage-mongo';
import { mysqlStorage } from '@tidemark/storage-mysql';
import { postgresStorage } from '@tidemark/storage-postgres';
import { MongoClient } from 'mongodb';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { connectStock, startApp } from '../support/app.ts';
import { startMariadb } from '../support/services/mariadb.ts';
import { startMongo } from '../support/services/mongo.ts';
import { startPostgres } from '../support/services/postgres.ts';

/** A database in which one user owns the tables, and another may read and write rows and no more. */
interface Database extends AsyncDisposable {
  owner(migrate?: 'run' | 'check'): Storage;
  application(migrate?: 'run' | 'check'): Storage;
  grant(): Promise<void>;
  /** A statement of the owner's. */
  run(statement: string): Promise<void>;
}

async function postgres(): Promise<Database> {
  const service = await startPostgres({ durable: false });
  const owner = new pg.Pool({ connectionString: service.url });
  await owner.query("create schema chat; create role app login password 'app'; grant usage on schema chat to app");
  const url = new URL(service.url);
  [url.username, url.password] = ['app', 'app'];
  const app = new pg.Pool({ connectionString: url.href });
  const on = (pool: pg.Pool, migrate?: 'run' | 'check'): Storage =>
    postgresStorage({ pool, schema: 'chat', ...(migrate && { migrate }) });
  return {
    owner: (migrate) => on(owner, migrate),
    application: (migrate) => on(app, migrate),
    grant: async () =>
      void (await owner.query('grant select, insert, update, delete on all tables in schema chat to app')),
    run: async (statement) => void (await owner.query(statement.replaceAll('tidemark_', 'chat.tidemark_'))),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([owner.end(), app.end()]);
      await service[Symbol.asyncDispose]();
    },
  };
}

async function mariadb(): Promise<Database> {
  const service = await startMariadb();
  const owner = mysql.createPool({ uri: service.url });
  const url = new URL(service.url);
  const database = url.pathname.slice(1);
  await owner.query("create user app@'%' identified by 'app'");
  [url.username, url.password] = ['app', 'app'];
  const app = mysql.createPool({ uri: url.href });
  return {
    owner: (migrate) => mysqlStorage({ pool: owner, ...(migrate && { migrate }) }),
    application: (migrate) => mysqlStorage({ pool: app, ...(migrate && { migrate }) }),
    grant: async () => void (await owner.query(`grant select, insert, update, delete on \`${database}\`.* to app@'%'`)),
    run: async (statement) => void (await owner.query(statement)),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([owner.end(), app.end()]);
      await service[Symbol.asyncDispose]();
    },
  };
}

async function refusalOf(open: Promise<void>): Promise<DeploymentError> {
  const error = await open.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DeploymentError) return error;
  throw new Error('it was not refused', { cause: error });
}

const databases: [string, () => Promise<Database>][] = [
  ['Postgres', postgres],
  ['MariaDB', mariadb],
];

test.each(databases)(
  'with the right to read and write rows alone a process works on what an owner migrated: %s',
  async (_, make) => {
    await using database = await make();
    await database.grant();
    const early = await refusalOf(database.application('check').open());
    expect(early.differs).toMatchObject([{ what: "the number of the store's migrations", there: 0 }]);
    expect(early.message).toContain("migrate: 'run'");

    const owner = database.owner();
    await owner.open();
    await owner.close();
    await database.grant();
    for (const migrate of ['check', 'run'] as const) {
      await using app = await startApp({ storage: database.application(migrate) });
      await using alice = connectStock(app.wsUrl, 'alice');
      const receipt = await alice.trpc.chat.send.mutate({
        conversationId: directConversationId('alice', migrate),
        clientMessageId: migrate,
        type: 'text',
        content: { text: 'hello' },
      });
      expect(receipt.conversationSeq).toBe(2);
    }
  },
);

test.each(databases)(
  'a store that a newer version migrated is refused, unless it says that this one may be used beside it: %s',
  async (_, make) => {
    await using database = await make();
    const owner = database.owner();
    await owner.open();
    await owner.close();
    await database.run('insert into tidemark_migrations (version) values (99)');
    await database.run("update tidemark_meta set value = '99' where name = 'needs'");
    for (const migrate of ['check', 'run'] as const) {
      const refusal = await refusalOf(database.owner(migrate).open());
      expect(refusal.differs).toMatchObject([{ what: "the number of the store's migrations", there: 99 }]);
      expect(refusal.message).toContain('update this process');
    }
    await database.run("update tidemark_meta set value = '5' where name = 'needs'");
    const beside = database.owner('check');
    await beside.open();
    await beside.close();
  },
);

test('an inbox in MongoDB that lacks an index is refused where it is only to be checked', async () => {
  await using service = await startMongo();
  const client = new MongoClient(service.url);
  const db = client.db('least_privilege');
  const refusal = await refusalOf(mongoInbox({ db, migrate: 'check' }).open());
  expect(refusal.differs.map(({ what }) => what)).toEqual([
    'the index user_seq of tidemark_inbox',
    'the index user_event of tidemark_inbox',
    'the index expiry of tidemark_inbox',
  ]);
  await mongoInbox({ db }).open();
  await mongoInbox({ db, migrate: 'check' }).open();
  await client.close();
});
