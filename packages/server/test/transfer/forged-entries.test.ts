import { type CreateConversation, type NodeId, parseUserId } from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { describe, expect, test } from 'vitest';
import { partitionOf } from '../../src/hash.ts';
import { encodeEnvelope } from '../../src/ingress/envelope.ts';
import { memoryBackplane } from '../../src/memory-backplane.ts';
import { decodeNodeFrame } from '../../src/notify/node-frame.ts';
import { alice, bob, carol, createGroup, direct, group, send } from '../support/commands.ts';
import { flushPromises } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';
import { codeOf, openWriter } from '../support/writer.ts';

/** What somebody who can write to the queue may put there, past every router. */
describe('an entry that no router made', () => {
  test('cannot put a third user into a direct conversation', async () => {
    const writer = openWriter();
    const forged: CreateConversation = {
      ...createGroup(alice, [bob, carol]),
      conversationId: direct,
      kind: 'direct',
    };
    const [refusal, receipt] = await writer.write(forged, send(alice, direct));
    expect(codeOf(refusal)).toBe('invalid_input');
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    expect(await writer.inboxOf(bob)).toHaveLength(2);
    expect(await writer.inboxOf(carol)).toEqual([]);
  });

  test('in another partition than its own is parked with the reason, and its sender may try again', async () => {
    const here = partitionOf(direct, 2);
    const writer = openWriter({ partition: 1 - here, partitionOf: (id) => partitionOf(id, 2) });
    const [refusal] = await writer.write(send(alice, direct));
    expect(codeOf(refusal)).toBe('unavailable');
    expect(writer.deadLetters()).toMatchObject([{ reason: expect.stringContaining(`belongs to partition ${here}`) }]);
    expect(await writer.storage.history.load([direct])).toEqual(new Map());

    // What was parked elsewhere was not refused: where it belongs it is carried out.
    const owner = openWriter({ ...writer, partition: here, partitionOf: (id) => partitionOf(id, 2) });
    expect(await owner.write(send(alice, direct))).toMatchObject([{ conversationSeq: 2 }]);
  });

  test('of more than limits.commandBytes is parked without being parsed', async () => {
    const writer = openWriter({ commandBytes: 2_000 });
    const members = Array.from({ length: 500 }, (_, index) => parseUserId(`member-${index}`));
    const [refusal] = await writer.write(createGroup(alice, members));
    expect(refusal).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('limits.commandBytes') });
    expect(writer.deadLetters()).toMatchObject([{ reason: expect.stringContaining('limits.commandBytes') }]);
  });

  test.each(['another', ''])(
    'of the deployment %j is not carried out, and its sender is told so in the name of that one',
    async (of) => {
      const writer = openWriter();
      const strangers = recorded(writer.events, 'stranger-refused');
      const frames: string[] = [];
      await memoryBackplane({ partitions: 2, backlog: 1, deadLetters: 1, shared: writer.shared }).notifier.listen(
        'their-node' as NodeId,
        (frame) => frames.push(frame),
      );
      const body = encodeEnvelope({ command: send(alice, direct), replyTo: 'their-node' as NodeId, call: 'c1', of });
      await writer.backplane.ingress.append(0, body);
      await writer.write(send(alice, direct));
      await flushPromises();
      expect(strangers).toEqual([{ what: 'command', of }]);
      expect(writer.deadLetters()).toMatchObject([{ body, reason: expect.stringContaining('deployment') }]);
      expect((await writer.inboxOf(bob)).length).toBe(2);
      const told = frames.flatMap((frame) => decodeNodeFrame(frame, of === '' ? 'ours' : of).replies);
      expect(told).toMatchObject([{ call: 'c1', error: { code: 'unavailable' } }]);
    },
  );

  test('that is no command is parked, and whoever it says it is from is answered', async () => {
    const writer = openWriter();
    const forged = { ...send(alice, direct), actorId: 'alice,bob' as never };
    const [refusal, receipt] = await writer.write(forged, send(alice, direct));
    expect(refusal).toMatchObject({ code: 'invalid_input', field: 'actorId' });
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    expect(writer.deadLetters()).toHaveLength(1);
    expect(await writer.backlog()).toBe(0);
  });
});

describe('what a process of another version queued', () => {
  test('is answered as worth another try when it is a command that is not known yet, and not parked', async () => {
    const writer = openWriter();
    const newer = { ...send(alice, direct), type: 'message.pin' as never };
    const [refusal, receipt] = await writer.write(newer, send(alice, direct));
    expect(codeOf(refusal)).toBe('unavailable');
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    expect(writer.deadLetters()).toEqual([]);
    expect(await writer.backlog()).toBe(0);
  });

  test('is not stored where its content is of no kind that this process has, and may be tried again', async () => {
    const storage = memoryStorage();
    const older = openWriter({ storage, contentTypes: ['text'] });
    const poll = { ...send(alice, direct), message: { type: 'poll', content: { text: 'tea?' } } };
    const [refusal] = await older.write(poll);
    expect(codeOf(refusal)).toBe('unavailable');
    expect(await storage.history.load([direct])).toEqual(new Map());

    const newer = openWriter({ ...older, contentTypes: ['text', 'poll'] });
    const [receipt] = await newer.write(poll);
    expect(receipt).toMatchObject({ conversationSeq: 2 });
    // And its receipt is found by a process that could not have stored it.
    expect(await openWriter(newer).write(poll)).toEqual([receipt]);
    expect(await older.write(send(bob, group))).toMatchObject([{ code: 'not_a_member' }]);
  });
});
