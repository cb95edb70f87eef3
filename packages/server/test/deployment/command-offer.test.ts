import type { NodeId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { CommandOffer } from '../../src/deployment/command-offer.ts';
import { COMMAND_TYPES } from '../../src/features/commands.ts';
import { createMemoryBackplaneState, memoryBackplane } from '../../src/memory-backplane.ts';
import { memoryNodes } from '../../src/notify/memory-nodes.ts';
import { failureOf, openMessaging } from '../support/callers.ts';
import { direct } from '../support/commands.ts';

const OLDER = COMMAND_TYPES.filter((type) => type !== 'message.edit');
const LONG = 60_000;

function registry() {
  let now = 0;
  const nodes = memoryNodes(new Map(), () => now);
  const announce = (name: string, commands: readonly string[], ttl = LONG) =>
    nodes.announce(name as NodeId, 'worker', ttl, commands);
  return {
    nodes,
    announce,
    offer: new CommandOffer(nodes),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test('a command is offered while every live worker knows it, and its error names those that do not', async () => {
  const { offer, announce, nodes, pass } = registry();
  offer.require('message.edit');
  await announce('new', [...COMMAND_TYPES, 'message.of-tomorrow']);
  await announce('old-2', OLDER, 3_000);
  await announce('old-1', OLDER);
  offer.require('message.edit');
  await offer.workers();
  offer.require('message.send');
  expect(() => offer.require('message.edit')).toThrow(
    'unavailable: message.edit needs every worker to know it, and these are too old: old-1, old-2',
  );
  // One dies, the other ends.
  pass(3_000);
  await offer.workers();
  expect(() => offer.require('message.edit')).toThrow(/too old: old-1$/);
  await nodes.withdraw('old-1' as NodeId);
  await offer.workers();
  offer.require('message.edit');
});

test('where many workers are too old, the first of them are named', async () => {
  const { offer, announce } = registry();
  for (let n = 10; n < 30; n++) await announce(`old-${n}`, OLDER);
  await offer.workers();
  expect(() => offer.require('message.edit')).toThrow(/too old: old-10, old-11, old-12, old-13, old-14 and 15 more$/);
});

test('asks nobody for a command', async () => {
  const { offer, announce, nodes } = registry();
  await announce('old', OLDER);
  await offer.workers();
  nodes.workers = () => Promise.reject(new Error('asked'));
  for (let n = 0; n < 3; n++) expect(() => offer.require('message.edit')).toThrow('unavailable');
});

test('the first call of a process already goes by what the workers there know', async () => {
  const shared = createMemoryBackplaneState();
  const backplane = () => memoryBackplane({ shared, partitions: 8, backlog: 100, deadLetters: 10 });
  await backplane().nodes.announce('old' as NodeId, 'worker', LONG, OLDER);
  await using app = openMessaging({ backplane: backplane(), worker: false, warnings: false });
  const target = { senderId: 'alice', clientMessageId: 'm-1' };
  const edit = { conversationId: direct, target, type: 'text', content: { text: 'hi' } } as const;
  const { message } = await failureOf(app.as('alice').edit(edit));
  expect(message).toBe('unavailable: message.edit needs every worker to know it, and these are too old: old');
});

test('a reply needs every worker to know what it replies to, and a message that replies to none does not', async () => {
  const { offer, announce } = registry();
  await announce('old', COMMAND_TYPES);
  await offer.workers();
  offer.require('message.send');
  const shared = createMemoryBackplaneState();
  const backplane = () => memoryBackplane({ shared, partitions: 8, backlog: 100, deadLetters: 10 });
  await backplane().nodes.announce('old' as NodeId, 'worker', LONG, COMMAND_TYPES);
  await using app = openMessaging({ backplane: backplane(), worker: false, warnings: false });
  const reply = { conversationId: direct, clientMessageId: 'm-2', replyTo: { seq: 2 } } as const;
  const { message } = await failureOf(app.as('alice').send({ ...reply, type: 'text', content: { text: 'hi' } }));
  expect(message).toBe('unavailable: message.send.replyTo needs every worker to know it, and these are too old: old');
});

test('a privilege needs every worker to know it: one that does not would refuse the command for good', async () => {
  const shared = createMemoryBackplaneState();
  const backplane = () => memoryBackplane({ shared, partitions: 8, backlog: 100, deadLetters: 10 });
  await backplane().nodes.announce('old' as NodeId, 'worker', LONG, COMMAND_TYPES);
  await using app = openMessaging({ backplane: backplane(), worker: false, warnings: false });
  const notice = {
    as: 'bot',
    conversationId: direct,
    type: 'text',
    content: { text: 'hi' },
    privileged: true,
  } as const;
  await expect(app.messaging.send(notice)).rejects.toMatchObject({
    code: 'unavailable',
    detail: 'message.send.privileged needs every worker to know it, and these are too old: old',
  });
});
