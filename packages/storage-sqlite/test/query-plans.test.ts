import { parseUserId } from '@tidemark/core';
import { SqlDatabase, sqlHistory, sqlInbox } from '@tidemark/storage-sql';
import { conversationBuilder } from '@tidemark/testkit';
import { type RawBuilder, sql } from 'kysely';
import { expect, test } from 'vitest';
import { libsqlDialect } from '../src/libsql-dialect.ts';
import { sqliteDialect } from '../src/sqlite-dialect.ts';

/** Asks the planner about every statement before it is run. */
class ExplainedDatabase extends SqlDatabase {
  plan: string[] = [];

  override async rows<T>(query: RawBuilder<T>): Promise<T[]> {
    const steps = await super.rows(sql<{ detail: string }>`explain query plan ${query}`);
    this.plan = steps.map((step) => step.detail);
    return super.rows(query);
  }
}

async function openExplained() {
  const database = new ExplainedDatabase({
    dialect: sqliteDialect,
    connect: () => libsqlDialect({ path: ':memory:', busyTimeoutMs: 0 }),
  });
  await database.open();
  return {
    database,
    history: sqlHistory(database),
    inbox: sqlInbox(database, { joinsEvents: true }),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

/** Steps that read a table from its first row to its last. Sets of rows that a statement brings along are read whole. */
function wholeTables(plan: readonly string[]): string[] {
  return plan.filter((step) => /^SCAN (?!(v|w|s|q|p|j)\b|\(|CONSTANT)/i.test(step));
}

test('no page reads a whole table, unread messages are found within a range of the log, and mentions by whom they mention', async () => {
  await using opened = await openExplained();
  const { database, history, inbox } = opened;
  const chat = conversationBuilder();
  chat.message();
  await history.append(chat.events);
  const userId = parseUserId(chat.created.memberIds[1]);
  const { conversationId } = chat;

  const asked: Record<string, () => Promise<unknown>> = {
    list: () => history.conversations({ userId, limit: 50, bytes: 1_000_000, unread: 1_000 }),
    'list, next page': () =>
      history.conversations({
        userId,
        after: { activeAt: 1, conversationId },
        limit: 50,
        bytes: 1_000_000,
        unread: 1_000,
      }),
    summary: () => history.conversation(userId, conversationId, 1_000),
    history: () => history.range({ userId, conversationId, limit: 50, bytes: 1_000_000 }),
    'history, ascending': () => history.range({ userId, conversationId, after: 1, limit: 50, bytes: 1_000_000 }),
    places: () => history.findByRef(chat.events, 1_000_000),
    'inbox page': () => inbox.range(userId, 0, 50, 1_000_000),
    seqs: () => inbox.seqs(userId, 0, 50),
    bounds: () => inbox.bounds([userId]),
    load: () => history.load([conversationId]),
    memberships: () => history.memberships([conversationId]),
    'newest refusals': () => history.newestRefusals(0, 10),
    'refusals that are due': () => history.purgeRefusals(0, 10),
  };
  for (const [what, ask] of Object.entries(asked)) {
    await ask();
    expect(database.plan.length, what).toBeGreaterThan(0);
    expect(wholeTables(database.plan), `${what}: ${database.plan.join(' · ')}`).toEqual([]);
    if (what !== 'list' && what !== 'summary') continue;
    const counting = database.plan.filter((step) => /^SEARCH u /.test(step));
    expect(counting.length, database.plan.join(' · ')).toBeGreaterThan(0);
    for (const step of counting) expect(step).toContain('(conversation_id=? AND conversation_seq>?)');
    const mentions = database.plan.filter((step) => /^SEARCH n /.test(step));
    expect(mentions.length, database.plan.join(' · ')).toBeGreaterThan(0);
    for (const step of mentions) expect(step).toContain('(conversation_id=? AND name=? AND owner=? AND target_seq>?)');
  }
});
