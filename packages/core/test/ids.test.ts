import {
  type CommandId,
  type ConversationId,
  type ConversationSeq,
  createIdSource,
  directConversationId,
  type Epoch,
  type Event,
  fingerprintAt,
  fingerprintDepth,
  fingerprintOf,
  fingerprintsAgree,
  formatCursor,
  parseCommandId,
  parseConversationId,
  parseCursor,
  parseUserId,
  participants,
  peerOf,
  selfConversationId,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const visible = (max: number) =>
  fc
    .array(fc.integer({ min: 0x21, max: 0x7e }), { minLength: 1, maxLength: max })
    .map((codes) => String.fromCharCode(...codes));
const userIds = visible(128).map((text) => text.replaceAll(',', '.'));

function refusal(parse: () => unknown): TidemarkError {
  try {
    parse();
  } catch (error) {
    if (error instanceof TidemarkError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('user ids', () => {
  test('are 1 to 128 visible ASCII characters without a comma', () => {
    fc.assert(
      fc.property(userIds, (text) => {
        expect(parseUserId(text)).toBe(text);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['129 characters', 'x'.repeat(129)],
    ['a comma', 'a,b'],
    ['a space', 'a b'],
    ['a newline at the end', 'alice\n'],
    ['NUL', 'a\u0000'],
    ['DEL', 'a\u007f'],
    ['a letter beyond ASCII', 'zoë'],
    ['a number', 7],
    ['null', null],
    ['undefined', undefined],
    ['an array', ['alice']],
    ['an object that reads like one', { toString: () => 'alice' }],
  ])('are refused when they are %s', (_, value) => {
    expect(refusal(() => parseUserId(value, 'memberIds.0'))).toMatchObject({
      code: 'invalid_input',
      field: 'memberIds.0',
    });
  });
});

describe('command ids', () => {
  test('are 1 to 64 visible ASCII characters, commas too', () => {
    fc.assert(
      fc.property(visible(64), (text) => {
        expect(parseCommandId(text)).toBe(text);
      }),
    );
  });

  test.each(['', 'x'.repeat(65), 'a b', 'a\t', 'ü', 1, null])('are refused otherwise: %j', (value) => {
    expect(refusal(() => parseCommandId(value))).toMatchObject({ code: 'invalid_input', field: 'commandId' });
  });
});

describe('conversation ids', () => {
  test('of two users are the same whoever asks, and name both', () => {
    fc.assert(
      fc.property(userIds, userIds, (a, b) => {
        fc.pre(a !== b);
        const id = directConversationId(a, b);
        expect(directConversationId(b, a)).toBe(id);
        expect(parseConversationId(id)).toBe(id);
        expect([...(participants(id) ?? [])].sort()).toEqual([a, b].sort());
        expect([peerOf(id, a), peerOf(id, b)]).toEqual([b, a]);
      }),
    );
  });

  test('of a user alone name that user, who has no peer there', () => {
    fc.assert(
      fc.property(userIds, (user) => {
        const id = selfConversationId(user);
        expect(parseConversationId(id)).toBe(id);
        expect(participants(id)).toEqual([user]);
        expect(peerOf(id, user)).toBeUndefined();
      }),
    );
  });

  test('of groups name nobody', () => {
    const id = createIdSource().groupId(Date.now());
    expect(parseConversationId(id)).toBe(id);
    expect(participants(id)).toBeUndefined();
    expect(peerOf(id, 'alice')).toBeUndefined();
  });

  test('tell users apart by case and by order of characters, not of a language', () => {
    expect(directConversationId('bob', 'Bob')).toBe('d:Bob,bob');
    expect(directConversationId('a', '_')).toBe('d:_,a');
  });

  test('do not exist for a user and themselves', () => {
    expect(refusal(() => directConversationId('alice', 'alice'))).toMatchObject({
      code: 'invalid_input',
      field: 'userId',
    });
  });

  test.each([
    '',
    'alice',
    'd:alice',
    'd:alice,',
    'd:,alice',
    'd:bob,alice',
    'd:alice,alice',
    'd:alice,bob,carol',
    'd:al ice,bob',
    'u:',
    'u:a,b',
    `u:${'x'.repeat(129)}`,
    'g:',
    'g:01ARZ3NDEKTSV4RRFFQ69G5FA',
    'g:01ARZ3NDEKTSV4RRFFQ69G5FAVX',
    'g:01arz3ndektsv4rrffq69g5fav',
    'g:01ARZ3NDEKTSV4RRFFQ69G5FAU',
    'g:01ARZ3NDEKTSV4RRFFQ69G5FAV\n',
    'x:01ARZ3NDEKTSV4RRFFQ69G5FAV',
    'D:alice,bob',
    42,
    null,
    ['d:alice,bob'],
  ])('are refused when malformed: %j', (value) => {
    expect(refusal(() => parseConversationId(value))).toMatchObject({ code: 'invalid_input', field: 'conversationId' });
  });
});

describe('made ids', () => {
  test('sort by the time they were made for, also within a millisecond', () => {
    const ids = createIdSource();
    const made = [5, 5, 5, 6, 7, 7].map((at) => ids.messageId(1_700_000_000_000 + at));
    expect([...made].sort()).toEqual(made);
    expect(new Set(made).size).toBe(made.length);
  });

  test('keep to their order when the clock goes back', () => {
    const ids = createIdSource();
    const [first, second] = [ids.messageId(2_000), ids.messageId(1_000)];
    expect(first < second).toBe(true);
  });

  test('fit the rules of ids', () => {
    const ids = createIdSource(() => 0.5);
    expect(ids.messageId(1)).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(parseCommandId(ids.commandId(1))).toHaveLength(26);
    expect(parseConversationId(ids.groupId(1))).toHaveLength(28);
  });
});

const event: Event = {
  type: 'members.added',
  conversationId: 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV' as ConversationId,
  conversationSeq: 7 as ConversationSeq,
  actorId: 'alice' as UserId,
  commandId: 'c1' as CommandId,
  at: 1_700_000_000_000,
  memberIds: [],
};

describe('fingerprints', () => {
  test('are the same everywhere and in every version', () => {
    expect(fingerprintOf(event)).toBe('5pxai4');
  });

  test('tell events apart by whatever part differs, and are those of the newest event', () => {
    const others: Event[] = [
      { ...event, conversationId: 'g:01BX5ZZKBKACTAV9WEVGEMMVRZ' as ConversationId },
      { ...event, conversationSeq: 8 as ConversationSeq },
      { ...event, actorId: 'bob' as UserId },
      { ...event, commandId: null },
      { ...event, at: event.at + 1 },
    ];
    expect(new Set([event, ...others].map(fingerprintOf)).size).toBe(6);
    const [first, second] = others as [Event, Event];
    expect(fingerprintAt([{ event: second }, { event: null }], 'before')).toBe(fingerprintOf(second));
    expect(fingerprintAt([{ event: null }], 'before')).toBe('before');
    expect(fingerprintAt([], undefined)).toBeUndefined();
    expect([first, second].map((each) => fingerprintAt([{ event: each }], undefined))).toEqual(
      [first, second].map(fingerprintOf),
    );
  });

  test('speak for what came together with the newest event, voids among them, up to 64 entries', () => {
    const events = Array.from({ length: 80 }, (_, nth) => ({ event: { ...event, conversationSeq: nth } as Event }));
    const [, ...lacking] = events.slice(-4);
    const another: { event: Event | null }[] = [...events.slice(-4)];
    another[1] = { event: null };
    const deep = fingerprintAt(events.slice(-4), undefined) as string;
    expect(deep).toMatch(/^[a-z0-9]{16}$/);
    for (const other of [lacking, another]) {
      expect(fingerprintsAgree(deep, fingerprintAt(other, undefined) as string)).toBe(false);
    }
    expect(fingerprintAt([...events.slice(-4), { event: null }], undefined)).toBe(deep);
    expect([fingerprintDepth(deep), fingerprintDepth(fingerprintOf(event)), fingerprintDepth(undefined)]).toEqual([
      3, 0, 0,
    ]);
    expect(fingerprintDepth(fingerprintAt(events, undefined))).toBe(64);
    expect(fingerprintAt(events, undefined)).toBe(fingerprintAt(events.slice(-65), undefined));
    // An older server's, and one of an entry that came alone, is of the newest event.
    expect(fingerprintsAgree(deep, fingerprintOf(events.at(-1)?.event as Event))).toBe(true);
    expect(fingerprintsAgree(deep, fingerprintOf(events.at(-2)?.event as Event))).toBe(false);
  });
});

describe('cursors', () => {
  test('are read back as they were made', () => {
    const epochs = fc.stringMatching(/^[A-Za-z0-9]{1,32}$/);
    fc.assert(
      fc.property(epochs, fc.maxSafeNat(), (epoch, seq) => {
        expect(parseCursor(formatCursor(epoch as Epoch, seq))).toEqual({ epoch, seq });
        const fingerprint = fingerprintOf({ ...event, at: seq });
        expect(parseCursor(formatCursor(epoch as Epoch, seq, fingerprint))).toEqual({ epoch, seq, fingerprint });
      }),
    );
  });

  test.each([
    '',
    ':',
    'e1',
    'e1:',
    ':5',
    'e1:-1',
    'e1:01',
    'e1:1.5',
    'e1:1e3',
    'e1:0x10',
    'e1: 1',
    'e1:1 ',
    'e1:1\n',
    'e1:9007199254740992',
    'e1:99999999999999999999',
    'e-1:1',
    `${'e'.repeat(33)}:1`,
    'e1:1:',
    'e1:1:A',
    'e1:1:1:1',
    `e1:1:${'a'.repeat(17)}`,
    'e1:١',
    5,
    null,
    { epoch: 'e1', seq: 1 },
  ])('are refused when no server made them: %j', (value) => {
    expect(refusal(() => parseCursor(value, 'lastEventId'))).toMatchObject({
      code: 'invalid_cursor',
      field: 'lastEventId',
    });
  });
});
