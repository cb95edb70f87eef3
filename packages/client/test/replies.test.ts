import { directConversationId, type TidemarkError } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { memoryLocalStore } from '../src/index.ts';
import { quotesOf } from '../src/replies.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');
const text = (value: string) => ({ type: 'text', content: { text: value } });
/** Before the first message of a chat with bob comes its creation. */
const FIRST = 2;
const PAGE = 4;

/** Somebody looks at the messages, and at what they reply to. */
function look(client: TestClient, conversationId: string = chat) {
  const conversation = client.client.conversation(conversationId);
  const quotes = quotesOf(conversation);
  const ends = [conversation.messages.subscribe(() => undefined), quotes.subscribe(() => undefined)];
  return {
    conversation,
    quotes,
    /** What each row says, and what the one says that it replies to. */
    shown: () =>
      conversation.messages.getSnapshot().items.map((item) => {
        const quote = quotes.getSnapshot().get(item.key);
        const said = 'text' in item.content ? item.content.text : '';
        if (quote === undefined) return said;
        return `${said} > ${quote?.message ? (quote.message.content as { text: string }).text : quote}`;
      }),
    end: () => {
      for (const end of ends) end();
    },
  };
}

async function live(client: TestClient): Promise<void> {
  client.client.start();
  await until(() => client.seen('live').length === 1);
}

async function looking(client: TestClient, conversationId: string = chat) {
  await live(client);
  return look(client, conversationId);
}

/** A first message, and so many after it that a page of the newest does not have it. */
function sayMany(server: ModelServer, count = 20): void {
  for (let nth = 0; nth < count; nth++) server.say('bob', chat, `m${nth + FIRST}`);
}

describe('a reply of one’s own', () => {
  it('is shown at once with what it replies to, sent with it, and then there as anybody’s', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'lunch?');
    await using alice = testClient(server, 'alice');
    const { conversation, shown } = await looking(alice);
    await until(() => expect(shown()).toEqual(['lunch?']));
    const release = server.hold('send', 'call');
    const [target] = conversation.messages.getSnapshot().items;
    const { receipt } = conversation.send(text('at noon'), { replyTo: target as never });
    expect(shown()).toEqual(['lunch?', 'at noon > lunch?']);
    release();
    const { conversationSeq } = await receipt;
    expect(server.callsOf('send')).toMatchObject([
      { replyTo: { senderId: 'bob', clientMessageId: target?.clientMessageId } },
    ]);
    await until(() => expect(conversation.messages.getSnapshot().items[1]?.status).toBe('stored'));
    expect(shown()).toEqual(['lunch?', 'at noon > lunch?']);
    expect(conversation.messages.getSnapshot().items[1]).toMatchObject({ conversationSeq, replyTo: { seq: FIRST } });
  });

  it('waits behind a draft that it replies to, over a restart, and follows an edit of it', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    server.disconnect('alice');
    {
      await using alice = testClient(server, 'alice', { store });
      alice.client.start();
      const { conversation, shown } = look(alice);
      const { clientMessageId } = conversation.send(text('one'));
      const one = { senderId: 'alice', clientMessageId };
      conversation.send(text('two'), { replyTo: one });
      expect(shown()).toEqual(['one', 'two > one']);
      conversation.edit(one, text('One'));
      expect(shown()).toEqual(['One', 'two > One']);
      await until(async () => expect((await alice.store.load()).drafts).toHaveLength(2));
    }
    await using again = testClient(server, 'alice', { store });
    again.client.start();
    const { shown } = look(again);
    await until(() => expect(shown()).toEqual(['One', 'two > One']));
    server.reconnect('alice');
    await until(() =>
      expect(server.messagesIn(chat).map(({ replyTo }) => replyTo)).toEqual([undefined, { seq: FIRST }]),
    );
    await until(() => expect(shown()).toEqual(['One', 'two > One']));
  });

  it('to what the server has not fails for good, and the typed text stays', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'one');
    await using alice = testClient(server, 'alice');
    const { conversation, shown } = await looking(alice);
    const { receipt } = conversation.send(text('two'), { replyTo: { senderId: 'bob', clientMessageId: 'no-such' } });
    const error = (await receipt.catch((cause: unknown) => cause)) as TidemarkError;
    expect([error.code, error.field]).toEqual(['message_not_found', 'replyTo']);
    await until(() => expect(shown()).toEqual(['one', 'two > null']));
    expect(conversation.messages.getSnapshot().items[1]?.status).toBe('failed');
  });

  it('names its target rightly, or is refused at once', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    const { conversation } = await looking(alice);
    const send = () => conversation.send(text('x'), { replyTo: { senderId: 'bob', clientMessageId: 'no id' } });
    expect(send).toThrow(expect.objectContaining({ code: 'invalid_input', field: 'clientMessageId' }));
  });
});

describe('a quote', () => {
  it('of a message that is kept here and not shown comes from the local store', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    sayMany(server);
    server.reply('bob', chat, FIRST, 'again');
    {
      await using alice = testClient(server, 'alice', { store });
      const { conversation, shown } = await looking(alice);
      while (conversation.messages.getSnapshot().hasOlder) await conversation.messages.loadOlder();
      await until(() => expect(shown().at(-1)).toBe('again > m2'));
    }
    server.disconnect('alice');
    await using again = testClient(server, 'alice', { store, pageSize: PAGE });
    again.client.start();
    const { shown } = look(again);
    await until(() => expect(shown()).toHaveLength(PAGE));
    await until(() => expect(shown().at(-1)).toBe('again > m2'));
  });

  it('of an older message comes from the server once, also of a reply that came live, and follows its edits', async () => {
    const server = new ModelServer();
    sayMany(server);
    server.reply('bob', chat, FIRST, 'again');
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    const { shown, quotes } = await looking(alice);
    await until(() => expect(shown().at(-1)).toBe('again > m2'));
    server.edit('bob', chat, FIRST, 'M2');
    await until(() => expect(shown().at(-1)).toBe('again > M2'));
    server.reply('bob', chat, FIRST + 1, 'and this');
    await until(() => expect(shown().at(-1)).toBe('and this > m3'));
    const asked = server.callsOf('history').length;
    server.edit('bob', chat, FIRST + 1, 'M3');
    server.say('bob', chat, 'bye');
    await until(() => expect(shown().slice(-3)).toEqual(['again > M2', 'and this > M3', 'bye']));
    expect(quotes.getSnapshot(), 'the same object until something changes').toBe(quotes.getSnapshot());
    expect(server.callsOf('history')).toHaveLength(asked);
  });

  it('follows an edit that came while its page was on the way', async () => {
    const server = new ModelServer();
    sayMany(server);
    server.reply('bob', chat, FIRST, 'again');
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages } = alice.client.conversation(chat);
    messages.subscribe(() => undefined);
    await until(() => messages.getSnapshot().items.length === PAGE);
    const asked = server.callsOf('history').length;
    const release = server.hold('history', 'answer');
    const { shown } = look(alice);
    await until(() => server.callsOf('history').length > asked);
    server.edit('bob', chat, FIRST, 'M2');
    await until(() => alice.seen('entry').length === 1);
    release();
    await until(() => expect(shown().at(-1)).toBe('again > M2'));
  });

  it('is right after being away, by catch-up and by reset', async () => {
    const server = new ModelServer();
    sayMany(server);
    server.reply('bob', chat, FIRST, 'again');
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    const { shown } = await looking(alice);
    await until(() => expect(shown().at(-1)).toBe('again > m2'));
    server.disconnect('alice');
    server.edit('bob', chat, FIRST, 'away');
    server.reconnect('alice');
    await until(() => expect(shown().at(-1)).toBe('again > away'));

    server.endFeeds('alice', new Error('unavailable: the node went away'));
    server.edit('bob', chat, FIRST, 'reset');
    for (let nth = 0; nth < PAGE; nth++) server.react('bob', chat, FIRST + nth, '👍');
    server.expireInbox('alice');
    await until(() => alice.seen('reset').length === 2);
    await until(() => expect(shown().at(-1)).toBe('again > reset'));
  });

  it('that could not be loaded is, once the server can be asked again', async () => {
    const server = new ModelServer();
    sayMany(server);
    server.reply('bob', chat, FIRST, 'again');
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    await live(alice);
    const { messages } = alice.client.conversation(chat);
    messages.subscribe(() => undefined);
    await until(() => messages.getSnapshot().items.length === PAGE);
    server.disconnect('alice');
    const { shown } = look(alice);
    expect(shown().at(-1)).toBe('again > null');
    server.reconnect('alice');
    await until(() => expect(shown().at(-1)).toBe('again > m2'));
  });

  it('of what this user may not see is null, and is not asked for again and again', async () => {
    const server = new ModelServer();
    const group = server.createGroup('bob', ['dave']);
    server.say('bob', group, 'secret');
    server.changeMembers('members.added', 'bob', group, ['alice']);
    server.reply('bob', group, FIRST, 'about that');
    await using alice = testClient(server, 'alice');
    const { shown } = await looking(alice, group);
    await until(() => expect(shown()).toEqual(['about that > null']));
    server.reply('bob', group, 4, 'more');
    await until(() => expect(shown()).toEqual(['about that > null', 'more > about that']));
    const asked = server.callsOf('history').length;
    server.say('bob', group, 'and more');
    await until(() => expect(shown()).toHaveLength(3));
    expect(server.callsOf('history')).toHaveLength(asked);
  });

  it('is told as unknown where its kind is', async () => {
    const server = new ModelServer();
    server.sayKind('bob', chat, 'sticker', { name: 'cat' });
    sayMany(server);
    server.reply('bob', chat, FIRST, 'nice');
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    const { conversation, quotes } = await looking(alice);
    await until(() => {
      const last = conversation.messages.getSnapshot().items.at(-1);
      expect(quotes.getSnapshot().get(last?.key ?? '')?.message).toEqual({
        type: 'unknown',
        content: { type: 'sticker', content: { name: 'cat' } },
      });
    });
  });

  it('is looked up while somebody looks, and by the same view for all', async () => {
    const server = new ModelServer();
    sayMany(server);
    server.reply('bob', chat, FIRST, 'again');
    await using alice = testClient(server, 'alice', { pageSize: PAGE });
    const { end, quotes, shown, conversation } = await looking(alice);
    expect(quotesOf(conversation)).toBe(quotes);
    await until(() => expect(shown().at(-1)).toBe('again > m2'));
    end();
    server.edit('bob', chat, FIRST, 'M2');
    const again = look(alice);
    await until(() => expect(again.shown().at(-1)).toBe('again > M2'));
    expect(() => quotesOf({} as never)).toThrow(expect.objectContaining({ field: 'conversation' }));
  });
});
