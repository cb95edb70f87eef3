import { EVENT_TYPES, type Event, withoutContent } from '@tidemark/core';
import { conversationBuilder, seededIds } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { counts } from '../src/features/unread.ts';

const ids = seededIds();
const [alice, bob] = [ids.userId('alice'), ids.userId('bob')];
const chat = conversationBuilder({ ids, memberIds: [alice, bob] });
const message = chat.message({ from: bob });
const { conversationSeq: seq } = message;

test.each([
  ['somebody else’s, above the read mark', alice, { joinedSeq: 1, readSeq: seq - 1 }, true],
  ['the viewer’s own', bob, { joinedSeq: 1, readSeq: 0 }, false],
  ['at the read mark', alice, { joinedSeq: 1, readSeq: seq }, false],
  ['where the viewer joined', alice, { joinedSeq: seq, readSeq: 0 }, true],
  ['from before the viewer joined', alice, { joinedSeq: seq + 1, readSeq: 0 }, false],
])('whether a message counts as unread: %s', (_, viewer, position, expected) => {
  expect(counts(message, viewer, position)).toBe(expected);
});

test('messages alone count, whatever else happens in a conversation', () => {
  const taken = chat.message({ from: bob });
  const own = conversationBuilder({ ids, kind: 'self', memberIds: [bob] });
  const events: Event[] = [
    chat.created,
    message,
    chat.edit(message),
    chat.react(message, '👍', { from: bob }),
    chat.pin(message),
    chat.revoke([taken]),
    ...[taken, chat.edit(taken)].map(withoutContent),
    chat.add([ids.userId('carol')], bob),
    chat.remove([ids.userId('carol')], bob),
    own.markRead(chat.conversationId, 1),
    own.set(chat.conversationId, { pinned: true }),
  ];
  expect(events.map(({ type }) => type).sort()).toEqual([...EVENT_TYPES].sort());
  const unread = events.filter((event) => counts(event, ids.userId('dave'), { joinedSeq: 1, readSeq: 0 }));
  expect(unread.map(({ type }) => type)).toEqual(['message.sent']);
});
