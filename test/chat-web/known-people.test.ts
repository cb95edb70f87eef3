import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChatServer } from '../../examples/chat-web/server/chat-server.ts';
import { connectCaller } from '../browser/chat-peer.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

const REFUSED = /^forbidden.*only people who have signed in here/;

describe('who may be reached in the chat', () => {
  let folder: string;
  let chat: Awaited<ReturnType<typeof startChatServer>>;
  let url: string;

  beforeAll(async () => {
    folder = await makeTempFolder();
    chat = await startChatServer({ folder, port: 0, page: (_request, response) => response.end() });
    url = `http://127.0.0.1:${chat.port}`;
  });
  afterAll(async () => {
    await chat?.close();
    removeTempFolder(folder);
  });

  test('somebody unknown is added to nothing and written to by nobody, until they sign in, and then finds nothing', async () => {
    await using alice = await connectCaller(url, 'alice');
    const { conversations, send } = alice.trpc.chat;
    const { conversationId } = await conversations.createGroup.mutate({ title: 'Crew', memberIds: ['bob'] });
    const attempts = () => ({
      create: conversations.createGroup.mutate({ title: 'Strangers', memberIds: ['bob', 'greta'] }),
      add: conversations.addMembers.mutate({ conversationId, memberIds: ['carol', 'greta'] }),
      open: conversations.openDirect.mutate({ userId: 'greta' }),
      write: send.mutate({ ...hello('d:alice,greta'), clientMessageId: crypto.randomUUID() }),
    });

    for (const [what, attempt] of Object.entries(attempts())) await expect(attempt, what).rejects.toThrow(REFUSED);
    const { members } = await conversations.members.query({ conversationId });
    expect(members.map(({ userId }) => userId)).toEqual(['alice', 'bob']);

    await using greta = await connectCaller(url, 'greta');
    expect((await greta.trpc.chat.conversations.list.query()).conversations).toEqual([]);
    await Promise.all(Object.values(attempts()));
    const { conversations: found } = await greta.trpc.chat.conversations.list.query();
    expect(found.map(({ title }) => title).sort()).toEqual(['Crew', 'Strangers', null].sort());
  });

  test('notes to oneself, and people who have never signed in but belong to the demonstration, are reached', async () => {
    await using dina = await connectCaller(url, 'dina');
    for (const conversationId of ['u:dina', 'd:dina,farid']) {
      const { conversationSeq } = await dina.trpc.chat.send.mutate(hello(conversationId));
      expect(conversationSeq, conversationId).toBeGreaterThan(0);
    }
  });
});

function hello(conversationId: string) {
  return { conversationId, clientMessageId: conversationId, type: 'text' as const, content: { text: 'Hello?' } };
}
