import { type CommandResult, type Event, type Seq, TidemarkError } from '@tidemark/core';
import { memoryHistory } from '@tidemark/storage-memory';
import { conversationBuilder } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { whatStands } from '../../src/notify/frame-of-before.ts';
import { alice, bob } from '../support/commands.ts';

const chat = conversationBuilder({ memberIds: [alice, bob] });
const [created, kept, lost] = [chat.created, chat.message(), chat.message()];

function receipt(event: Event, changed: Partial<CommandResult> = {}) {
  const { conversationId, conversationSeq, at } = event;
  const messageId = 'messageId' in event ? event.messageId : null;
  const result = { conversationId, conversationSeq, at, messageId, ...changed };
  return { call: `of ${event.conversationSeq}`, result };
}

test('of a frame of before stand the receipts of what the store has, and where feeds have to look', async () => {
  const history = memoryHistory();
  await history.append([created, kept]);
  const frame = {
    setBacks: 0,
    deliveries: [
      {
        event: lost,
        to: [
          [alice, 3 as Seq],
          [bob, 5 as Seq],
        ] as const,
      },
    ],
    voids: [[alice, 4 as Seq]] as const,
    replies: [
      receipt(created),
      receipt(kept),
      receipt(lost),
      receipt(kept, { messageId: lost.messageId }),
      receipt(created, { at: created.at + 1 }),
      { call: 'refused', error: new TidemarkError('not_a_member', 'no') },
    ],
  };
  expect(await whatStands(frame, history)).toEqual({
    deliveries: [],
    voids: [
      [alice, 4],
      [alice, 3],
      [bob, 5],
    ],
    replies: [receipt(created), receipt(kept)],
  });
});

test('a frame without receipts asks nothing of the store', async () => {
  const frame = { deliveries: [], voids: [], replies: [] };
  const findByRef = () => Promise.reject(new Error('was asked'));
  expect(await whatStands(frame, { findByRef })).toEqual(frame);
});
