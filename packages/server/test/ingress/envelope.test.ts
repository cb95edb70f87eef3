import type { NodeId } from '@tidemark/core';
import { hostileContent } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';
import { decodeEnvelope, encodeEnvelope } from '../../src/ingress/envelope.ts';
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
