import { type Event, type JsonObject, TidemarkError } from '@tidemark/core';
import * as wire from '@tidemark/core/wire';
import { conversationBuilder, hostileContent, seededIds } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';

const message = { conversationId: 'd:alice,bob', clientMessageId: 'c1', type: 'text', content: { text: 'hi' } };
const GROUP = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';

function refusal(schema: z.ZodType, value: unknown): string {
  try {
    wire.parseWire(schema, value);
  } catch (error) {
    if (error instanceof TidemarkError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('what a call may bring', () => {
  test('passes unchanged when it keeps the rules', () => {
    expect(wire.parseWire(wire.sendInput(50), message)).toEqual(message);
    expect(wire.parseWire(wire.sinceInput, { cursor: 'e1:5', limit: 10 })).toEqual({ cursor: 'e1:5', limit: 10 });
    expect(wire.parseWire(wire.sinceInput, { cursor: null })).toEqual({ cursor: null });
    expect(wire.parseWire(wire.feedInput, undefined)).toBeUndefined();
    expect(wire.parseWire(wire.feedInput, { lastEventId: 'e1:5' })).toEqual({ lastEventId: 'e1:5' });
    expect(wire.parseWire(wire.createGroupInput(500), { title: '  Lunch ', memberIds: [] })).toEqual({
      title: 'Lunch',
      memberIds: [],
    });
  });

  test.each<[string, z.ZodType, unknown, RegExp]>([
    ['a missing field', wire.openDirectInput, {}, /^invalid_input \[userId\]: /],
    ['nothing at all', wire.sendInput(50), undefined, /^invalid_input \[input\]: /],
    ['text for an object', wire.sendInput(50), 'send', /^invalid_input \[input\]: /],
    ['a field of no meaning', wire.sendInput(50), { ...message, priority: 1 }, /^invalid_input \[input\]: .*priority/],
    [
      'a malformed conversation id',
      wire.sendInput(50),
      { ...message, conversationId: 'd:bob,alice' },
      /^invalid_input \[conversationId\]: must be g:<ulid>, d:<user>,<user> \(sorted\) or u:<user>$/,
    ],
    [
      'a malformed command id',
      wire.sendInput(50),
      { ...message, clientMessageId: 'a b' },
      /^invalid_input \[clientMessageId\]: must be 1 to 64 visible ASCII characters$/,
    ],
    [
      'a malformed content kind',
      wire.sendInput(50),
      { ...message, type: 'a/b' },
      /^invalid_input \[type\]: must be 1 to 64 letters/,
    ],
    [
      'a malformed user id in a list',
      wire.membersInput(500),
      { conversationId: GROUP, memberIds: ['alice', 'b,c'] },
      /^invalid_input \[memberIds\.1\]: must be 1 to 128 visible ASCII characters without a comma$/,
    ],
    [
      'an empty list',
      wire.membersInput(500),
      { conversationId: GROUP, memberIds: [] },
      /^invalid_input \[memberIds\]: /,
    ],
    [
      'a malformed cursor',
      wire.sinceInput,
      { cursor: 'yesterday' },
      /^invalid_cursor \[cursor\]: must be one that the server gave$/,
    ],
    ['a malformed lastEventId', wire.feedInput, { lastEventId: '17' }, /^invalid_cursor \[lastEventId\]: /],
    ['a limit of zero', wire.sinceInput, { limit: 0 }, /^invalid_input \[limit\]: /],
    ['a limit that is no whole number', wire.listInput, { limit: 1.5 }, /^invalid_input \[limit\]: /],
    ['a limit beyond counting', wire.listInput, { limit: 2 ** 60 }, /^invalid_input \[limit\]: /],
    [
      'two directions at once',
      wire.historyInput,
      { conversationId: GROUP, after: 1, before: 9 },
      /^invalid_input \[before\]: give either after or before$/,
    ],
    [
      'a read mark at nothing',
      wire.markReadInput,
      { conversationId: GROUP, readSeq: 0 },
      /^invalid_input \[readSeq\]: /,
    ],
    ['a title of spaces', wire.createGroupInput(500), { title: '   ', memberIds: [] }, /^invalid_input \[title\]: /],
    [
      'a title of 201 characters',
      wire.createGroupInput(500),
      { title: 'x'.repeat(201), memberIds: [] },
      /^invalid_input \[title\]: /,
    ],
  ])('is refused with field and rule: %s', (_, schema, value, text) => {
    expect(refusal(schema, value)).toMatch(text);
  });
});

describe('what travels between processes and to clients', () => {
  test('events of every type pass as they are', () => {
    const ids = seededIds();
    const chat = conversationBuilder({ ids, title: 'Lunch' });
    chat.message();
    chat.add([ids.userId('carol')]);
    chat.remove([ids.userId('bob')]);
    const direct = conversationBuilder({ ids, kind: 'direct' });
    const self = conversationBuilder({ ids, kind: 'self' });
    self.markRead(chat.conversationId, 2);
    const events: Event[] = [...chat.events, ...direct.events, ...self.events];
    expect(events.map((event) => wire.parseWire(wire.event, event))).toEqual(events);
    const entries = [...events, null].map((event, n) => ({ seq: n + 1, event }));
    expect(wire.parseWire(wire.feedItem, { type: 'entries', entries })).toEqual({ type: 'entries', entries });
    const page = { type: 'entries', entries, head: 40 };
    expect(wire.parseWire(wire.feedItem, page)).toEqual(page);
  });

  test('content passes as it is, own keys named __proto__ too', () => {
    const event = conversationBuilder().message({ content: hostileContent() });
    const read = wire.parseWire(wire.event, event);
    expect(read).toEqual(event);
    expect(JSON.stringify(read.type === 'message.sent' && read.message.content)).toBe(
      JSON.stringify(event.message.content),
    );
  });

  test('content so deep that it would overflow whoever reads it is refused with its field', () => {
    const content = JSON.parse(`{"v":${'['.repeat(100_000)}${']'.repeat(100_000)}}`) as JsonObject;
    const event = conversationBuilder().message({ content });
    expect(refusal(wire.event, event)).toBe(
      'invalid_input [message.content]: must be a JSON object, at most 128 levels deep',
    );
  });

  test('a field that a newer server adds is let go, not refused', () => {
    const event = conversationBuilder().message();
    expect(wire.parseWire(wire.event, { ...event, reactions: [] })).toEqual(event);
  });

  test('an event of a type not known yet is refused with its field', () => {
    const event = { ...conversationBuilder().message(), type: 'message.pinned' };
    expect(refusal(wire.event, event)).toMatch(/^invalid_input \[type\]: /);
  });
});
