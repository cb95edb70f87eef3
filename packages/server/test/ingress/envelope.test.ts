import { type NodeId, parseConversationId } from '@tidemark/core';
import { hostileContent } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';
import { decodeEnvelope, encodeEnvelope } from '../../src/ingress/envelope.ts';
import { fnv1a, partitionOf } from '../../src/ingress/partition.ts';
import { addMembers, alice, bob, createGroup, direct, markRead, removeMembers, send } from '../support/commands.ts';

describe('an envelope', () => {
  test.each([
    send(alice, direct, { content: hostileContent() }),
    createGroup(alice, [bob], { title: '“tea” 🫖' }),
    addMembers(alice, [bob]),
    removeMembers(alice, [bob]),
    markRead(alice, direct, 3),
  ])('carries $type through the queue unchanged', (command) => {
    const envelope = { command, replyTo: 'node' as NodeId, call: 'node.1' };
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });

  test.each([
    ['no JSON', '{', 'envelope'],
    ['nothing', 'null', 'envelope'],
    ['no address', '{"command":{}}', 'envelope'],
    ['no command', '{"replyTo":"n","call":"1"}', 'input'],
    ['a command of an unknown kind', '{"replyTo":"n","call":"1","command":{"type":"x"}}', 'type'],
  ])('with %s is refused, naming the field', (_, body, field) => {
    expect(() => decodeEnvelope(body)).toThrow(expect.objectContaining({ code: 'invalid_input', field }));
  });
});

describe('the partition of a conversation', () => {
  test('is by FNV-1a, as published, so that every process and version agrees', () => {
    expect(fnv1a('')).toBe(0x811c9dc5);
    expect(fnv1a('a')).toBe(0xe40c292c);
    expect(fnv1a('foobar')).toBe(0xbf9cf968);
  });

  test('spreads conversations evenly enough', () => {
    const counts = new Array<number>(8).fill(0);
    for (let n = 0; n < 8_000; n++) {
      const partition = partitionOf(parseConversationId(`u:user-${n}`), 8);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });
});
