import { randomBytes } from 'node:crypto';
import type { ConversationId, ConversationSeq, EventRef, InboxRow, InboxStore, Seq, UserId } from '@tidemark/core';
import { inboxConformance, patiently } from '@tidemark/testkit';
import { type Db, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startMongo } from '../../../test/support/services/mongo.ts';
import type { Service } from '../../../test/support/services/service.ts';
import { mongoInbox } from '../src/index.ts';

const YEAR = 365 * 24 * 3_600_000;

let server: Service;
let client: MongoClient;

beforeAll(async () => {
  server = await startMongo();
  client = connectTo(server);
});

afterAll(async () => {
  await client.close();
  await server[Symbol.asyncDispose]();
});

function connectTo({ url }: Service): MongoClient {
  return new MongoClient(url);
}

/** An empty database, dropped on dispose. */
function emptyDatabase(): { db: Db } & AsyncDisposable {
  const db = client.db(`inbox_${randomBytes(6).toString('hex')}`);
  return { db, [Symbol.asyncDispose]: async () => void (await db.dropDatabase()) };
}

async function opened(db: Db, options: { retentionMs?: number } = {}): Promise<InboxStore> {
  const inbox = mongoInbox({ db, ...options });
  await inbox.open();
  return inbox;
}

const alice = 'alice' as UserId;
const conversationId = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV' as ConversationId;
const ref = (seq: number): EventRef => ({ conversationId, conversationSeq: seq as ConversationSeq });
const row = (seq: number, at = Date.now(), userId = alice): InboxRow => ({
  userId,
  seq: seq as Seq,
  ref: ref(seq),
  at,
});

/** More than half of the retention ago: rows of that time may have expired. */
const longAgo = (): number => Date.now() - 8 * 24 * 60 * 60 * 1000;

inboxConformance('mongoInbox', async () => {
  const { db, ...database } = emptyDatabase();
  const inbox = await opened(db);
  const through: MongoClient[] = [];
  return {
    inbox,
    reopen: () => opened(db),
    network: {
      server,
      connect: async (port) => {
        const url = new URL(server.url);
        url.host = `127.0.0.1:${port}`;
        // The driver itself repeats most calls once; here each is to be seen.
        url.search = '?directConnection=true&retryWrites=false&retryReads=false';
        const client = new MongoClient(url.href);
        through.push(client);
        return opened(client.db(db.databaseName));
      },
    },
    // Their time comes in the course of the test, and what the server's pipeline does regularly is done once before.
    expire: async (before) => {
      const rows = db.collection('tidemark_inbox');
      const expireAt = new Date(Date.now() + 2_000);
      await rows.updateMany({ at: { $lt: new Date(before) } }, { $set: { expireAt } });
      // As after half of the retention.
      const past = { keptUntil: new Date(), firstKeptUntil: new Date() };
      await db.collection('tidemark_heads').updateMany({}, { $set: past });
      await inbox.purge(before, 1_000, before + 10 * YEAR);
      await expect.poll(() => rows.countDocuments({ expireAt: { $lte: expireAt } })).toBe(0);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(through.map((client) => client.close()));
      await database[Symbol.asyncDispose]();
    },
  };
});

describe('retention by the TTL index', () => {
  test('deletes rows by itself and remembers that their seqs were given', async () => {
    await using database = emptyDatabase();
    const inbox = await opened(database.db, { retentionMs: 1_000 });
    expect(await inbox.append([row(1), row(2), row(3)])).toEqual({ conflict: undefined });
    await expect.poll(() => inbox.range(alice, 0, 10)).toEqual([]);
    const lasting = await opened(database.db);
    for (const store of [inbox, lasting]) {
      expect((await store.bounds([alice])).get(alice)).toEqual({ floor: 256, head: 256 });
    }
    expect(await lasting.append([row(257)])).toEqual({ conflict: undefined });
    expect((await lasting.bounds([alice])).get(alice)).toEqual({ floor: 256, head: 257 });
  });

  test('remembers the block of 256 that the newest row was in', async () => {
    await using database = emptyDatabase();
    const inbox = await opened(database.db);
    const all = Array.from({ length: 600 }, (_, index) => row(index + 1, longAgo()));
    for (const part of [all.slice(0, 255), all.slice(255, 258), all.slice(258)]) await inbox.append(part);
    const heads = database.db.collection('tidemark_heads');
    expect((await heads.findOne())?.ceiling).toBe(768);
    await database.db.collection('tidemark_inbox').deleteMany({});
    expect((await inbox.bounds([alice])).get(alice)).toEqual({ floor: 768, head: 768 });
  });

  test('remembers the block also when its first seq was never written', async () => {
    await using database = emptyDatabase();
    const inbox = await opened(database.db);
    await inbox.append([row(2, longAgo())]);
    expect((await inbox.bounds([alice])).get(alice)).toEqual({ floor: 1, head: 2 });
    await inbox.fillVoids(alice, [258 as Seq], longAgo());
    await database.db.collection('tidemark_inbox').deleteMany({});
    expect((await inbox.bounds([alice])).get(alice)).toEqual({ floor: 512, head: 512 });
  });

  test('does not take a row for expired that its writer has not written yet', async () => {
    await using database = emptyDatabase();
    const { db } = database;
    const inbox = await opened(db);
    const [rows, heads] = [db.collection('tidemark_inbox'), db.collection('tidemark_heads')];
    const bounds = async () => (await inbox.bounds([alice])).get(alice);

    // What stands in the store between the write of a ceiling and that of the first row above the one before.
    await inbox.append([row(1)]);
    await rows.deleteMany({});
    expect(await heads.countDocuments({ _id: alice as never, ceiling: 256 })).toBe(1);
    expect(await bounds()).toEqual({ floor: 0, head: 0 });
    await inbox.append([row(257)]);
    await rows.deleteMany({});
    expect(await bounds()).toEqual({ floor: 256, head: 256 });
  });

  test('spares the newest row of a user while a process calls purge, for less time than a new row has', async () => {
    await using database = emptyDatabase();
    const retentionMs = 1_000_000;
    const inbox = await opened(database.db, { retentionMs });
    const now = Date.now();
    const nearlyOver = now - retentionMs + 5_000;
    const bob = 'bob' as UserId;
    await inbox.append([row(1, nearlyOver), row(2, nearlyOver), row(1, nearlyOver, bob), row(2, now, bob)]);
    expect(await inbox.purge(now - retentionMs, 100)).toBe(0);

    const rows = await database.db.collection('tidemark_inbox').find().sort({ userId: 1, seq: 1 }).toArray();
    const left = rows.map((each) => [each.userId, each.seq, (each.expireAt.getTime() - now) / retentionMs]);
    expect(left).toEqual([
      ['alice', 1, 0.005],
      ['alice', 2, expect.closeTo(0.5, 2)],
      ['bob', 1, 0.005],
      ['bob', 2, 1],
    ]);
  });
});

describe('a row that a clock a year ahead had dated', () => {
  test('expires with the one after it, and its block when it was begun', async () => {
    await using database = emptyDatabase();
    const retentionMs = 1_000_000;
    const inbox = await opened(database.db, { retentionMs });
    const now = Date.now();
    await inbox.append([row(1, now + YEAR), row(2, now + YEAR), row(3, now - retentionMs / 2), row(4, now + YEAR)]);
    await inbox.purge(now - retentionMs, 100, now + 60_000);

    const rows = await database.db.collection('tidemark_inbox').find().sort({ seq: 1 }).toArray();
    expect(rows.map(({ expireAt }) => expireAt.getTime() - now)).toEqual([
      retentionMs / 2,
      retentionMs / 2,
      retentionMs / 2,
      retentionMs + 60_000,
    ]);
    const [head] = await database.db.collection('tidemark_heads').find().toArray();
    expect(head?.keptUntil.getTime() - now).toBe(retentionMs / 2 + 60_000);
    expect(head?.firstKeptUntil.getTime() - now).toBe(retentionMs / 2 + 60_000);
  });
});

describe('several processes', () => {
  test('that open an empty database at once agree on one epoch', async () => {
    await using database = emptyDatabase();
    const epochs = (await Promise.all(Array.from({ length: 8 }, () => opened(database.db)))).map(
      (inbox) => inbox.epoch,
    );
    expect(new Set(epochs).size).toBe(1);
    expect(epochs[0]).toMatch(/^[A-Za-z0-9]{16}$/);
  });

  test('that write to a new user at once lose no row and no ceiling', async () => {
    await using database = emptyDatabase();
    const writers = await Promise.all([opened(database.db), opened(database.db)]);
    const users = Array.from({ length: 20 }, (_, index) => `user${index}` as UserId);
    const outcomes = await Promise.all(
      writers.map((inbox) => patiently(() => inbox.append(users.map((userId) => row(1, longAgo(), userId))))),
    );
    expect(outcomes).toContainEqual({ conflict: 'entry' });
    const bounds = await (writers[0] as InboxStore).bounds(users);
    expect([...bounds.values()]).toEqual(users.map(() => ({ floor: 0, head: 1 })));
    await database.db.collection('tidemark_inbox').deleteMany({});
    expect((await (writers[1] as InboxStore).bounds(users)).get(users[19] as UserId)).toEqual({
      floor: 256,
      head: 256,
    });
  });

  test('that append to one seq while another closes it leave exactly one row, and each knows whose', async () => {
    await using database = emptyDatabase();
    const [one, two, filler] = await Promise.all([opened(database.db), opened(database.db), opened(database.db)]);
    for (let seq = 1; seq <= 10; seq++) {
      const results = await Promise.all([
        patiently(() => one.append([row(seq)])),
        patiently(() => two.append([{ ...row(seq), ref: ref(1_000 + seq) }])),
        patiently(() => filler.fillVoids(alice, [seq as Seq], Date.now())),
      ]);
      const [stored] = await one.range(alice, seq - 1, 1);
      const written = [results[0].conflict === undefined, results[1].conflict === undefined, results[2].length === 1];
      expect(written.filter(Boolean)).toHaveLength(1);
      expect(stored?.ref).toEqual([ref(seq), ref(1_000 + seq), null][written.indexOf(true)]);
    }
  });
});

test('an inbox of a collection prefix of its own shares nothing with another in the same database', async () => {
  await using database = emptyDatabase();
  const [one, two] = ['one_', 'two_'].map((collectionPrefix) => mongoInbox({ db: database.db, collectionPrefix }));
  for (const inbox of [one, two]) await inbox?.open();
  await one?.append([row(1)]);
  expect((await two?.bounds([alice]))?.get(alice)).toEqual({ floor: 0, head: 0 });
  expect(two?.epoch).not.toBe(one?.epoch);
});
