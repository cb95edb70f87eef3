import type { JsonObject, NodeId } from '@tidemark/core';
import { command as commandSchema } from '@tidemark/core/wire';
import { hostileContent } from '@tidemark/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEnvelope, encodeEnvelope, replyAddressOf } from '../../src/ingress/envelope.ts';
import {
  addMembers,
  alice,
  bob,
  createGroup,
  direct,
  group,
  markRead,
  removeMembers,
  send,
} from '../support/commands.ts';

/** The content without keys that can't be delivered. */
function deliverable(content: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(content).replaceAll(/"(__proto__|constructor|prototype)":/g, '"$1 ":'));
}

/** The body of a message that is wrong in these fields. */
function bodyOf(wrong: object): string {
  return JSON.stringify({ replyTo: 'n', call: '1', command: { ...send(alice, direct), ...wrong } });
}

/** The body of a message with this content, as JSON text. */
function bodyWith(content: string): string {
  return bodyOf({ message: { type: 'text', content: '%' } }).replace('"%"', content);
}

/** Values that fit a field, and values that do not. */
const field = (...fitting: readonly unknown[]) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...fitting) },
    fc.constantFrom<unknown>(
      undefined,
      null,
      '',
      'x'.repeat(130),
      'd:a,a',
      0,
      -1,
      1.5,
      1e9,
      2 ** 53,
      [],
      {},
      { type: 't' },
    ),
  );

describe('an envelope', () => {
  test('holds a message exactly where the wire schema takes it', () => {
    const command = fc.record(
      {
        type: fc.constant('message.send'),
        conversationId: field(direct, group, 'u:alice'),
        actorId: field(alice),
        commandId: field('c1'),
        message: fc.oneof(field({}), fc.record({ type: field('text', 'a.b'), content: field({ a: [1] }, {}) })),
        replyTo: field(undefined, undefined, { seq: 3 }, { senderId: alice, clientMessageId: 'c1' }),
        retry: field(undefined, 0, 7, 1_000_000),
      },
      { requiredKeys: ['type'] },
    );
    fc.assert(
      fc.property(command, (value) => {
        const read = (): unknown => decodeEnvelope(JSON.stringify({ replyTo: 'n', call: '1', command: value })).command;
        const parsed = commandSchema.safeParse(JSON.parse(JSON.stringify(value)));
        if (parsed.success) expect(read()).toEqual(parsed.data);
        else expect(read).toThrow(expect.objectContaining({ code: 'invalid_input' }));
      }),
      { numRuns: 2_000 },
    );
  });

  test('with a command of a newer version may be tried again', () => {
    const body = '{"replyTo":"n","call":"1","command":{"type":"message.juggle"}}';
    expect(() => decodeEnvelope(body)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    expect(replyAddressOf(body)).toEqual({ replyTo: 'n', call: '1', of: '' });
  });

  test('may speak of reserved keys in texts, and in keys that hold their names', () => {
    const content = { text: '"__proto__":', proto: 'prototype', 'a constructor': '\u0000' };
    const envelope = { command: send(alice, direct, { content }), replyTo: 'node' as NodeId, call: '1', of: 'ours' };
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });

  test.each([
    send(alice, direct, { content: deliverable(hostileContent()) }),
    createGroup(alice, [bob], { title: '“tea” 🫖' }),
    addMembers(alice, [bob]),
    removeMembers(alice, [bob]),
    markRead(alice, direct, 3),
  ])('carries $type through the queue unchanged', (command) => {
    const envelope = { command, replyTo: 'node' as NodeId, call: 'node.1', of: 'ours' };
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });

  test.each([
    ['no JSON', '{', 'envelope'],
    ['nothing', 'null', 'envelope'],
    ['no address', '{"command":{}}', 'envelope'],
    ['no command', '{"replyTo":"n","call":"1"}', 'input'],
    ['a command of no kind', '{"replyTo":"n","call":"1","command":{"type":"x"}}', 'type'],
    ['the name of a channel', '{"replyTo":"n:{0}","call":"1","command":{}}', 'envelope'],
    ['a call of any length', `{"replyTo":"n","call":"${'1'.repeat(513)}","command":{}}`, 'envelope'],
    ['a message of a stranger to ids', bodyOf({ actorId: 'a,b' }), 'actorId'],
    ['a message to nowhere', bodyOf({ conversationId: 'd:bob,alice' }), 'conversationId'],
    ['a message under no id', bodyOf({ commandId: '' }), 'commandId'],
    ['a message of no kind', bodyOf({ message: { type: '', content: {} } }), 'message.type'],
    ['a message of no content', bodyOf({ message: { type: 'text', content: [] } }), 'message.content'],
    ['a message of no form', bodyOf({ message: null }), 'message.type'],
    ['a message for the half time', bodyOf({ retry: 0.5 }), 'retry'],
    ['a content that cannot be delivered', bodyWith('{"__proto__":{}}'), 'message.content'],
    ['a content that hides that', bodyWith('{"a":[{"\\u005f_proto__":{}}]}'), 'message.content'],
  ])('with %s is refused, naming the field', (_, body, field) => {
    expect(() => decodeEnvelope(body)).toThrow(expect.objectContaining({ code: 'invalid_input', field }));
  });
});
