import type { CommandId, ConversationId, Cursor, Event, UserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import type { LocalChanges } from '../../src/index.ts';
import { unknownConversation } from '../../src/local-store/conversation-row.ts';
import { indexedDbPlace, keyValuePlace, sqlitePlace } from './places.ts';

const group = 'g:01HZZZZZZZZZZZZZZZZZZZZZZZ' as ConversationId;

/** Enough to spread over many pages of a file. */
function changesOf(user: UserId): LocalChanges {
  const events = Array.from(
    { length: 300 },
    (_, index): Event => ({
      type: 'message.sent',
      conversationId: group,
      conversationSeq: (index + 1) as Event['conversationSeq'],
      actorId: user,
      commandId: `c-${index}` as CommandId,
      at: index,
      messageId: `m-${index}` as Extract<Event, { type: 'message.sent' }>['messageId'],
      message: { type: 'text', content: { text: `a secret of ${user} ${'x'.repeat(300)}` } },
    }),
  );
  const message = { type: 'text', content: { text: `an unsent secret of ${user}` } };
  return {
    conversations: [unknownConversation(group, user, true)],
    events,
    putDrafts: [{ clientMessageId: 'd' as CommandId, conversationId: group, message, at: 1, order: 1, failure: null }],
    cursor: 'e:300' as Cursor,
  };
}

const PLACES = { IndexedDB: indexedDbPlace, SQLite: sqlitePlace, 'a key-value storage': keyValuePlace };

describe.each(Object.entries(PLACES))('erasing a user from %s', (_name, fresh) => {
  it('leaves nothing of the user in the raw storage, and everything of others', async () => {
    await using place = fresh();
    const store = place.make();
    for (const user of ['zoe', 'yann'] as UserId[]) {
      await store.open(user);
      await store.transaction(changesOf(user));
      // Replaced and removed data is no less a secret.
      await store.transaction({ ...changesOf(user), replace: true, removeDrafts: ['d' as CommandId] });
      await store.transaction(changesOf(user));
      await store.close();
    }
    expect(await place.raw()).toContain('secret of zoe');
    await store.open('zoe' as UserId);
    await store.erase();
    await store.close();
    const raw = await place.raw();
    expect(raw).not.toContain('zoe');
    expect(raw).toContain('secret of yann');
    await store.open('yann' as UserId);
    expect((await store.load()).cursor).toBe('e:300');
    expect(await store.events({ conversationId: group, limit: 1_000 })).toHaveLength(300);
    await store.close();
  });
});
