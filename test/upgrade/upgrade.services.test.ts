import { readdirSync, readFileSync } from 'node:fs';
import { type CommandId, DEFAULT_SETTINGS, type Event, type MessageSent, type Storage } from '@tidemark/core';
import { expect, test } from 'vitest';
import { readContents } from './contents.ts';
import { ENGINES } from './engines.ts';

const RELEASES = readdirSync(new URL('.', import.meta.url), { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
);

/** What came later, of whoever never used it. */
const LATER = { unreadMentions: 0, settings: DEFAULT_SETTINGS, ownSeq: 0 };

/** A reviver of JSON: summaries have what came after the release that wrote them. */
function asToday(_: string, value: unknown): unknown {
  return value instanceof Object && 'activeAt' in value ? { ...LATER, ...value } : value;
}

test.each(RELEASES.flatMap((release) => Object.entries(ENGINES).map(([name, start]) => ({ release, name, start }))))(
  'what $release wrote is read as it was, and written on: $name',
  async ({ release, name, start }) => {
    const file = (type: 'sql' | 'json') =>
      readFileSync(new URL(`./${release}/${name}.${type}`, import.meta.url), 'utf8');
    await using engine = await start();
    await engine.restore(file('sql'));
    const storage = await engine.open();
    expect(await readContents(storage)).toEqual(JSON.parse(file('json'), asToday));
    await writesOn(storage, JSON.parse(file('json')).events);
    const again = await engine.open();
    expect(await again.history.identity()).toBe(JSON.parse(file('json')).identity);
  },
);

/** What the release before had no table for. */
async function writesOn({ history }: Storage, events: readonly Event[]): Promise<void> {
  const message = events.find((event): event is MessageSent => event.type === 'message.sent') as MessageSent;
  const { conversationId, conversationSeq: targetSeq, actorId, at } = message;
  const head = (await history.load([conversationId])).get(conversationId)?.head ?? 0;
  const said = { type: 'text', content: { text: 'edited after the upgrade' } };
  const edited: Event = {
    type: 'message.edited',
    conversationId,
    conversationSeq: (head + 1) as typeof targetSeq,
    actorId,
    commandId: 'edited-after-the-upgrade' as CommandId,
    at,
    targetSeq,
    version: 2,
    message: said,
  };
  const reacted: Event = {
    type: 'reaction.changed',
    conversationId,
    conversationSeq: (head + 2) as typeof targetSeq,
    actorId,
    commandId: 'reacted-after-the-upgrade' as CommandId,
    at,
    targetSeq,
    targetAuthor: actorId,
    key: '👍',
    on: true,
    count: 1,
    newest: [actorId],
    since: (head + 2) as typeof targetSeq,
  };
  expect(await history.append([edited, reacted])).toEqual({ conflict: undefined });
  const page = await history.range({ userId: actorId, conversationId, after: targetSeq - 1, limit: 1 });
  const registers = [...page.registers].sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(registers).toMatchObject([
    { target: targetSeq, name: 'content', value: { version: 2, message: said } },
    { target: targetSeq, name: 'reaction', key: '👍', owner: actorId },
    { target: targetSeq, name: 'reactions', key: '👍', value: { count: 1 } },
  ]);
  const of = [{ conversationId, target: targetSeq, name: 'reaction', key: '👍' } as const];
  expect((await history.owners({ of, limit: 2 })).map(({ owner }) => owner)).toEqual([actorId]);
}
