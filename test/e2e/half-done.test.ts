import { composeStorage } from '@tidemark/core';
import { memoryHistory, memoryInbox } from '@tidemark/storage-memory';
import { conversationBuilder } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { connectStock, eventually, startApp } from '../support/app.ts';

test('what a process left half done is in the inboxes when the next one has begun, though nobody asks for it', async () => {
  const [history, inbox] = [memoryHistory(), memoryInbox()];
  const chat = conversationBuilder({ kind: 'direct' });
  const message = chat.message({ content: { text: 'the last words' } });
  await history.append(chat.events, { delivered: [] });

  await using app = await startApp({ storage: composeStorage({ history, inbox }) });
  await using bob = connectStock(app.wsUrl, chat.created.memberIds[1] as string);
  const entries = await eventually('the rows', async () => {
    const page = await bob.trpc.chat.inbox.since.query({ cursor: `${inbox.epoch}:0` });
    return page.type === 'entries' && page.entries.length > 0 && page.entries;
  });
  expect(entries.map((entry) => entry.event?.conversationSeq)).toEqual([1, 2]);
  expect(entries[1]?.event).toMatchObject({ messageId: message.messageId });
  expect(await history.undelivered()).toEqual([]);
});
