import { directConversationId, parseErrorText, type Storage } from '@tidemark/core';
import { postgresStorage } from '@tidemark/storage-postgres';
import { seededRandom } from '@tidemark/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../support/patience.ts';
import { untilDone } from '../support/send-until-receipt.ts';
import { startPostgres } from '../support/services/postgres.ts';
import type { Service } from '../support/services/service.ts';
import { startStoreScene, throughIllness } from '../support/store-scene.ts';

let service: Service;
/** Of the one who makes the store ill. */
let other: pg.Pool;
let schemas = 0;

beforeAll(async () => {
  service = await startPostgres({ durable: false });
  other = openPool();
});

afterAll(async () => {
  await other.end();
  await service[Symbol.asyncDispose]();
});

function openPool(options: pg.PoolConfig = {}): pg.Pool {
  const uri = new URL(service.url);
  if (options.user) uri.username = options.user;
  const pool = new pg.Pool({ max: 4, ...options, connectionString: uri.href });
  pool.on('error', () => {});
  return pool;
}

/** A schema of its own, the pool that the application hands in, and the storage on it. */
async function openStore(options: pg.PoolConfig = {}) {
  schemas += 1;
  const schema = `ill_${schemas}`;
  const pool = openPool(options);
  const warnings: string[] = [];
  const storage: Storage = postgresStorage({ pool, schema, onWarning: (warning) => warnings.push(warning) });
  await storage.open();
  return {
    schema,
    pool,
    storage,
    warnings,
    run: (text: string) => other.query(text),
    /** What the store has of the inbox of a user, past the servers. */
    [Symbol.asyncDispose]: async () => {
      await storage.close();
      await pool.end();
    },
  };
}

/** Runs a text on every connection that the pool has idle. */
async function onEach(pool: pg.Pool, text: string): Promise<void> {
  const clients = await Promise.all(Array.from({ length: pool.options.max ?? 4 }, () => pool.connect()));
  for (const client of clients) await client.query(text);
  for (const client of clients) client.release();
}

/** Raises for every row of a table while it is there. */
function refusal(schema: string, table: string, condition: string, raise: string): { begin: string; end: string } {
  const name = `${schema}.refuse_${table}`;
  return {
    begin: `create or replace function ${name}() returns trigger language plpgsql as $$
        begin if ${condition} then raise exception ${raise}; end if; return new; end $$;
      create trigger refuse before insert on ${schema}.tidemark_${table} for each row execute function ${name}()`,
    end: `drop trigger refuse on ${schema}.tidemark_${table}`,
  };
}

test('a login taken away, and given back later: everything waits and nothing is refused', async () => {
  await other.query('create role chat login superuser');
  await using store = await openStore({ user: 'chat' });
  await using scene = await startStoreScene({ storage: store.storage });
  await throughIllness(scene, {
    begin: async () => {
      await store.run('alter role chat nologin');
      await store.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'chat'");
    },
    end: () => store.run('alter role chat login'),
  });
  await scene.assertStored(store.storage);
});

test('rights on a table taken away, and given back later', async () => {
  await other.query('create role writer login superuser');
  await using store = await openStore({ user: 'writer' });
  await using scene = await startStoreScene({ storage: store.storage });
  const table = `${store.schema}.tidemark_inbox`;
  await store.run(`alter table ${table} owner to postgres`);
  await store.run('alter role writer nosuperuser');
  await store.run(`grant usage on schema ${store.schema} to writer`);
  await store.run(`grant all on all tables in schema ${store.schema} to writer`);
  await throughIllness(scene, {
    begin: () => store.run(`revoke insert on ${table} from writer`),
    end: () => store.run(`grant insert on ${table} to writer`),
  });
  await scene.assertStored(store.storage);
});

test('a column renamed for a while', async () => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  const table = `alter table ${store.schema}.tidemark_conversations rename column`;
  await throughIllness(scene, {
    begin: () => store.run(`${table} active_at to active`),
    end: () => store.run(`${table} active to active_at`),
  });
  await scene.assertStored(store.storage);
});

test('every row refused with an error that nobody has ever seen', async () => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  const { begin, end } = refusal(store.schema, 'inbox', 'true', `sqlstate 'ZX047' using message = 'never seen'`);
  await throughIllness(scene, { begin: () => store.run(begin), end: () => store.run(end) });
  expect(scene.storeFailed[0]?.reason).toContain('never seen');
  await scene.assertStored(store.storage);
});

test('DISCARD ALL on the connections of the pool: statements that were prepared run again', async () => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  for (let n = 0; n < 3; n += 1) {
    await scene.send(`before-${n}`, 2);
    await onEach(store.pool, 'discard all');
  }
  await scene.send('after', 2);
  expect(scene.deadLettered).toEqual([]);
  await scene.assertStored(store.storage);
});

test('another search_path on the connections of the pool: the tables stay where they were', async () => {
  const pool = openPool();
  await pool.query('create schema elsewhere');
  const elsewhere = postgresStorage({ pool, schema: 'elsewhere' });
  await elsewhere.open();
  const storage = postgresStorage({ pool });
  await storage.open();
  {
    await using scene = await startStoreScene({ storage });
    await scene.send('before', 2);
    await onEach(pool, 'set search_path to elsewhere');
    await scene.send('after', 2);
    await scene.assertStored(storage);
    expect((await pool.query('select count(*)::int as n from elsewhere.tidemark_events')).rows).toEqual([{ n: 0 }]);
  }
  await elsewhere.close();
  await storage.close();
  await pool.end();
});

test('the type of a column altered under plans that are cached', async () => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  await scene.send('before', 4);
  await store.run(`alter table ${store.schema}.tidemark_events alter column type type varchar(64) collate "C"`);
  await scene.send('after', 4);
  expect(scene.deadLettered).toEqual([]);
  await scene.assertStored(store.storage);
});

test('statements that are dropped at random, as by a pooler that moves connections: they are prepared no more', async () => {
  await using store = await openStore();
  const random = seededRandom(3);
  const connect = store.pool.connect.bind(store.pool) as () => Promise<pg.PoolClient>;
  store.pool.connect = (async () => {
    const client = await connect();
    if (random() < 0.6) await client.query('deallocate all');
    return client;
  }) as typeof store.pool.connect;
  await using scene = await startStoreScene({ storage: store.storage });
  await scene.send('pooled', 30);
  expect(scene.deadLettered).toEqual([]);
  expect(store.warnings.join()).toContain('prepared statements get lost');
  await scene.assertStored(store.storage);
});

test('one message that the store really refuses is parked, and nobody else is held up', async () => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage, tuning: { attempts: 4, parkAfterMs: 1_000 } });
  await store.run(refusal(store.schema, 'events', `new.body like '%poison%'`, `'no poison here'`).begin);
  const conversationId = directConversationId('alice', 'bob');
  const send = (text: string) =>
    scene
      .clientOf('alice')
      .trpc.chat.send.mutate({ conversationId, clientMessageId: text, type: 'text', content: { text } });
  const answerTo = async (text: string): Promise<string> => {
    for (;;) {
      try {
        await send(text);
        return 'receipt';
      } catch (error) {
        const known = parseErrorText(error instanceof Error ? error.message : '');
        if (known?.policy !== 'retry') return String(known?.code);
      }
    }
  };
  const poison = answerTo('poison');
  await eventually('it is set aside', () => scene.setAside.length > 0);
  const behind = answerTo('behind-it');
  const others = scene.send('others', 10);
  expect(await poison).toBe('dead_lettered');
  expect(await behind).toBe('receipt');
  await others;
  expect(scene.deadLettered).toHaveLength(1);
  expect(scene.storeFailed).toEqual([]);
  await scene.assertStored(store.storage);
});

test('a batch that exceeds the time of a statement is made smaller, and bystanders of its partition get receipts', async () => {
  await using store = await openStore();
  // Not by the clock: so many rows at once are too many, on a machine of any speed.
  const most = 300;
  await store.run(`create function ${store.schema}.too_many() returns trigger language plpgsql as $$
      begin
        if (select count(*) from inserted) > ${most} then
          raise exception using errcode = '57014', message = 'canceling statement due to statement timeout';
        end if;
        return null;
      end $$;
    create trigger too_many after insert on ${store.schema}.tidemark_inbox referencing new table as inserted
      for each statement execute function ${store.schema}.too_many()`);
  await using scene = await startStoreScene({
    storage: store.storage,
    partitions: 1,
    tuning: { receiptTimeoutMs: 5_000 },
  });
  const members = Array.from({ length: 100 }, (_, n) => `member-${n}`);
  const { trpc } = scene.clientOf('erin');
  const { conversationId } = await untilDone(() =>
    trpc.chat.conversations.createGroup.mutate({ memberIds: members, commandId: 'group' }),
  );
  const texts = Array.from({ length: 100 }, (_, n) => `to-all-${n}`);
  let stored = 0;
  const toGroup = Promise.all(
    texts.map(async (text) => {
      for (;;) {
        try {
          await trpc.chat.send.mutate({ conversationId, clientMessageId: text, type: 'text', content: { text } });
          stored += 1;
          return;
        } catch (error) {
          if (parseErrorText(error instanceof Error ? error.message : '')?.policy !== 'retry') throw error;
        }
      }
    }),
  );
  await scene.send('bystanders', 3);
  await toGroup;
  expect(stored).toBe(100);
  expect(scene.deadLettered).toEqual([]);
  await scene.assertStored(store.storage);
});

test('a transaction that somebody left open on the connections: receipts are of what is stored', async () => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  await scene.send('before', 2);
  await onEach(store.pool, 'begin isolation level repeatable read');
  await onEach(store.pool, 'select 1');
  await scene.send('after', 2);
  expect(store.warnings.join()).toContain('somebody began');
  // By a connection that has nothing to do with them.
  const separate = openPool();
  const seen = postgresStorage({ pool: separate, schema: store.schema });
  await seen.open();
  await scene.assertStored(seen);
  await seen.close();
  await separate.end();
});

test('connections that were made read-only are thrown away', async () => {
  await using store = await openStore();
  await using scene = await startStoreScene({ storage: store.storage });
  await scene.send('before', 2);
  await onEach(store.pool, 'set default_transaction_read_only = on');
  await scene.send('after', 2);
  expect(scene.deadLettered).toEqual([]);
  await scene.assertStored(store.storage);
});
