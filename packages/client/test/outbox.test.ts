import { directConversationId, TidemarkError } from '@tidemark/core';
import { ManualClock } from '@tidemark/testkit/application';
import { describe, expect, it } from 'vitest';
import { DraftDiscardedError, type LocalStore, memoryLocalStore } from '../src/index.ts';
import { ModelServer } from './support/model-server.ts';
import { type TestClient, testClient, until } from './support/test-client.ts';

const chat = directConversationId('alice', 'bob');
const text = (value: string) => ({ type: 'text', content: { text: value } });

async function startLive(client: TestClient): Promise<void> {
  client.client.start();
  await until(() => client.seen('live').length === 1);
}

function stored(server: ModelServer): string[] {
  return server.messagesIn(chat).map((event) => String(event.message.content.text));
}

describe('the outbox', () => {
  it('shows a draft at once, keeps it before it sends it, and shows it stored when it is', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const release = server.hold('send', 'call');
    const { clientMessageId, receipt } = alice.client.direct('bob').send(text('hello'));
    expect(alice.shown(chat)).toEqual(['hello (pending)']);
    await until(() => server.callsOf('send').length === 1);
    expect((await alice.store.load()).drafts.map((draft) => draft.clientMessageId)).toEqual([clientMessageId]);
    release();
    expect(await receipt).toMatchObject({ clientMessageId, conversationId: chat, conversationSeq: 2 });
    alice.client.conversation(chat).messages.subscribe(() => undefined);
    await until(() => expect(alice.shown(chat)).toEqual(['hello']));
    expect((await alice.store.load()).drafts).toEqual([]);
  });

  it('keeps drafts over a restart of the client and sends them in their order, before new ones', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    {
      await using alice = testClient(server, 'alice', { store });
      // Never started: as if the app was closed before there was a network.
      for (const each of ['one', 'two', 'three']) alice.client.direct('bob').send(text(each));
      await until(() => alice.seen('queued').length === 3);
    }
    expect(server.callsOf('send')).toEqual([]);
    await using again = testClient(server, 'alice', { store });
    const { receipt } = again.client.direct('bob').send(text('four'));
    await until(() => again.seen('queued').length === 1);
    expect(again.shown(chat)).toEqual(['one', 'two', 'three', 'four'].map((each) => `${each} (pending)`));
    again.client.start();
    await receipt;
    expect(stored(server)).toEqual(['one', 'two', 'three', 'four']);
    await until(async () => expect((await store.load()).drafts).toEqual([]));
    expect(again.shown(chat).some((line) => line.includes('('))).toBe(false);
  });

  it.each(['overloaded', 'unavailable', 'outcome_unknown', 'closing', 'socket'] as const)(
    'sends again under the same id after %s, and the server stores it once',
    async (failure) => {
      const server = new ModelServer();
      await using alice = testClient(server, 'alice');
      await startLive(alice);
      server.fail('send', failure, 3);
      const { receipt, clientMessageId } = alice.client.direct('bob').send(text('hello'));
      expect((await receipt).clientMessageId).toBe(clientMessageId);
      const ids = server.callsOf('send').map((input) => (input as { clientMessageId: string }).clientMessageId);
      expect(ids).toEqual([clientMessageId, clientMessageId, clientMessageId, clientMessageId]);
      expect(stored(server)).toEqual(['hello']);
    },
  );

  it('keeps the order within a conversation while a message is tried again, and holds up no other conversation', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice', { backoff: { baseMs: 50, capMs: 50 } });
    await startLive(alice);
    server.fail('send', 'overloaded');
    const first = alice.client.direct('bob').send(text('first'));
    const second = alice.client.direct('bob').send(text('second'));
    await alice.client.direct('carol').send(text('to carol')).receipt;
    expect(stored(server)).toEqual([]);
    await Promise.all([first.receipt, second.receipt]);
    expect(stored(server)).toEqual(['first', 'second']);
  });

  it('has one send per conversation and at most `parallelSends` under way', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice', { parallelSends: 3 });
    await startLive(alice);
    const release = server.hold('send', 'call');
    const sends = ['bob', 'bob', 'carol', 'dave', 'erin', 'frank'].map((peer) =>
      alice.client.direct(peer).send(text(peer)),
    );
    await until(() => alice.seen('queued').length === 6);
    expect(server.callsOf('send').map((input) => (input as { content: { text: string } }).content.text)).toEqual([
      'bob',
      'carol',
      'dave',
    ]);
    release();
    await Promise.all(sends.map(({ receipt }) => receipt));
  });

  it('fails a message that is refused for good with the error of the table, keeps it so, and lets the next one pass', async () => {
    const server = new ModelServer();
    const store = memoryLocalStore();
    {
      await using alice = testClient(server, 'alice', { store });
      await startLive(alice);
      server.fail('send', 'invalid_content');
      const refused = alice.client.direct('bob').send(text('refused'));
      const next = alice.client.direct('bob').send(text('next'));
      await expect(refused.receipt).rejects.toMatchObject({ code: 'invalid_content', policy: 'give-up' });
      await next.receipt;
      expect(stored(server)).toEqual(['next']);
      await until(async () => expect((await store.load()).drafts).toHaveLength(1));
      expect(alice.seen('failed')).toMatchObject([
        { clientMessageId: refused.clientMessageId, error: { code: 'invalid_content' } },
      ]);
    }
    await using again = testClient(server, 'alice', { store });
    await startLive(again);
    await until(() => expect(again.shown(chat)).toEqual(['refused (failed)']));
    const [item] = again.client.conversation(chat).messages.getSnapshot().items;
    expect(item).toMatchObject({ status: 'failed', error: { code: 'invalid_content' } });
    expect(server.callsOf('send')).toHaveLength(2);
  });

  it('sends a failed message again on retry, under the same id', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    server.fail('send', 'forbidden');
    const { clientMessageId, receipt } = alice.client.direct('bob').send(text('hello'));
    await expect(receipt).rejects.toThrow('forbidden');
    await alice.client.retry(clientMessageId);
    // Copies of what was refused stay refused: the server has to know that this is another try.
    await until(() => expect(server.callsOf('send')).toMatchObject([{}, { retry: 1 }]));
    await until(() => expect(alice.seen('sent').map((each) => each.clientMessageId)).toEqual([clientMessageId]));
    await until(async () => expect((await alice.store.load()).drafts).toEqual([]));
  });

  it('gives a draft up on discard: its receipt rejects and it is gone, also from the local store', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    const { clientMessageId, receipt } = alice.client.direct('bob').send(text('no, wait'));
    await until(() => alice.seen('queued').length === 1);
    expect((await alice.store.load()).drafts).toHaveLength(1);
    await alice.client.discard(clientMessageId);
    expect((await alice.store.load()).drafts).toEqual([]);
    expect(alice.shown(chat)).toEqual([]);
    await expect(receipt).rejects.toBeInstanceOf(DraftDiscardedError);
    await expect(receipt).rejects.toBeInstanceOf(TidemarkError);
    await expect(receipt).rejects.toMatchObject({ code: 'outcome_unknown', policy: 'give-up' });
    alice.client.start();
    await alice.client.direct('bob').send(text('better')).receipt;
    expect(stored(server)).toEqual(['better']);
  });

  it('takes the message from the feed for its receipt when the answer to the call is late or lost', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const release = server.hold('send');
    const { receipt, clientMessageId } = alice.client.direct('bob').send(text('hello'));
    expect((await receipt).clientMessageId).toBe(clientMessageId);
    alice.client.conversation(chat).messages.subscribe(() => undefined);
    await until(() => expect(alice.shown(chat)).toEqual(['hello']));
    release();
    await alice.client.direct('bob').send(text('next')).receipt;
    await until(() => expect(alice.shown(chat)).toEqual(['hello', 'next']));
    expect(alice.seen('sent')).toHaveLength(2);
  });

  it('shows each message once, and under one key, when the receipts come before the feed', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const { messages } = alice.client.conversation(chat);
    const seen: string[][] = [];
    messages.subscribe(() => seen.push(messages.getSnapshot().items.map((item) => item.key)));
    // The entries of the creation and of both messages are lost: only the receipts arrive.
    server.dropFrames(3);
    for (const each of ['one', 'two']) await alice.client.direct('bob').send(text(each)).receipt;
    await until(() => expect(alice.shown(chat)).toEqual(['one (sent)', 'two (sent)']));
    const keys = messages.getSnapshot().items.map((item) => item.key);
    const before = seen.length;
    server.say('bob', chat, 'hi');
    await until(() => expect(alice.shown(chat)).toEqual(['one', 'two', 'hi']));
    // At no moment was one of them missing or there twice.
    for (const shown of seen.slice(before)) expect(shown.slice(0, 2)).toEqual(keys);
    for (const shown of seen) expect(new Set(shown).size).toBe(shown.length);
  });

  it('does not wait for the feed: a receipt is enough for the next message', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    server.fail('list', 'unavailable', 1_000);
    alice.client.start();
    const sends = ['one', 'two', 'three'].map((each) => alice.client.direct('bob').send(text(each)));
    for (const { receipt } of sends) await receipt;
    expect(stored(server)).toEqual(['one', 'two', 'three']);
    expect(alice.seen('live')).toEqual([]);
  });

  it.each(['receipt', 'nothing'] as const)(
    'leaves no ghost when a reset skips a message of which the client knows %s',
    async (known) => {
      const server = new ModelServer();
      const store = memoryLocalStore();
      await using alice = testClient(server, 'alice', { store });
      await startLive(alice);
      const release = known === 'nothing' ? server.hold('send') : undefined;
      server.dropFrames(2);
      alice.client.direct('bob').send(text('hello'));
      await until(() => server.messagesIn(chat).length === 1);
      if (known === 'receipt') await until(() => alice.seen('sent').length === 1);
      // Its inbox entry expires before the client gets to see it.
      server.disconnect('alice');
      release?.();
      server.expireInbox('alice');
      server.reconnect('alice');
      await until(() => alice.seen('live').length === 2);
      await until(async () => expect((await store.load()).drafts).toEqual([]));
      expect(alice.shown(chat)).toEqual([]);
      await alice.client.conversation(chat).messages.loadOlder();
      expect(alice.shown(chat)).toEqual(['hello']);
      expect(stored(server)).toEqual(['hello']);
    },
  );

  it.each([
    ['the feed goes on where it stood', false],
    ['the feed starts again', true],
  ])('sends again what the server lost after its receipt, before it came: %s', async (_, isReset) => {
    const server = new ModelServer();
    const clock = new ManualClock();
    await using alice = testClient(server, 'alice', { clock });
    await startLive(alice);
    const chatWithBob = alice.client.direct('bob');
    await chatWithBob.send(text('hello')).receipt;
    await until(async () => expect((await alice.store.load()).drafts).toEqual([]));
    if (isReset) {
      server.say('bob', chat, 'lost as well');
      await until(() => expect(alice.shown(chat)).toHaveLength(2));
    }
    server.dropFrames(1);
    const { receipt, clientMessageId } = chatWithBob.send(text('lost'));
    const first = await receipt;
    server.disconnect('alice');
    server.loseLast(chat);
    if (isReset) server.loseLast(chat);
    server.reconnect('alice');
    await until(() => alice.seen('live').length === 2);
    expect(alice.seen('reset').map(({ reason }) => reason)).toEqual(isReset ? ['new', 'ahead'] : ['new']);
    await until(async () => {
      await clock.advance(1_000);
      expect((await alice.store.load()).drafts).toEqual([]);
    });
    expect(stored(server)).toEqual(['hello', 'lost']);
    expect(server.messagesIn(chat).at(-1)?.commandId).toBe(clientMessageId);
    expect(server.messagesIn(chat).at(-1)?.messageId).not.toBe(first.messageId);
    const { messages } = alice.client.conversation(chat);
    if (isReset) await messages.loadOlder();
    messages.subscribe(() => undefined);
    await until(() => expect(alice.shown(chat)).toEqual(['hello', 'lost']));
  });

  it('lets go what was stored, though the user cannot see it there', async () => {
    const server = new ModelServer();
    const clock = new ManualClock();
    await using alice = testClient(server, 'alice', { clock });
    await startLive(alice);
    server.dropFrames(2);
    await alice.client.direct('bob').send(text('hello')).receipt;
    server.loseLast(chat, { keepsCommand: true });
    await until(async () => {
      await clock.advance(1_000);
      expect((await alice.store.load()).drafts).toEqual([]);
    });
    expect(server.callsOf('send')).toHaveLength(2);
  });

  it('tries again when there is no answer in time', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice', { sendTimeoutMs: 20 });
    // Not live: nothing but the answer can tell.
    server.fail('list', 'unavailable', 1_000);
    const release = server.hold('send');
    alice.client.start();
    const { receipt } = alice.client.direct('bob').send(text('hello'));
    await until(() => server.callsOf('send').length >= 2);
    release();
    await receipt;
    expect(stored(server)).toEqual(['hello']);
  });

  it('does not send what it could not keep, and keeps the order when the local store recovers', async () => {
    const server = new ModelServer();
    const memory = memoryLocalStore();
    const sentMeanwhile: unknown[] = [];
    let failures = 0;
    let isSecondWritten = (): void => undefined;
    const secondWritten = new Promise<void>((resolve) => (isSecondWritten = resolve));
    const store: LocalStore = {
      ...memory,
      transaction: async (changes) => {
        // Twice; after a third time in a row it would be kept in memory, and sent.
        if (changes.putDrafts && failures < 2) {
          failures += 1;
          if (failures === 2) await secondWritten;
          sentMeanwhile.push(...server.callsOf('send'));
          throw new Error('the quota is exceeded');
        }
        await memory.transaction(changes);
      },
    };
    await using alice = testClient(server, 'alice', { store });
    await startLive(alice);
    const first = alice.client.direct('bob').send(text('first'));
    await until(() => failures === 2);
    const second = alice.client.direct('bob').send(text('second'));
    isSecondWritten();
    await Promise.all([first.receipt, second.receipt]);
    expect(sentMeanwhile).toEqual([]);
    expect(stored(server)).toEqual(['first', 'second']);
  });

  it('copies what it is handed, and refuses what is not JSON or has no proper id', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    const content = { text: 'as it was' };
    const { receipt } = alice.client.direct('bob').send({ type: 'text', content });
    content.text = 'changed';
    alice.client.start();
    await receipt;
    expect(stored(server)).toEqual(['as it was']);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(() => alice.client.direct('bob').send({ type: 'text', content: circular as never })).toThrow(TypeError);
    expect(() => alice.client.direct('bob').send(text('x'), { clientMessageId: 'a b' })).toThrow(
      'invalid_input [clientMessageId]',
    );
    expect(() => alice.client.conversation('nonsense')).toThrow('invalid_input [conversationId]');
    expect(() => alice.client.direct('alice')).toThrow('invalid_input');
  });

  it('takes the same id twice for the same message', async () => {
    const server = new ModelServer();
    await using alice = testClient(server, 'alice');
    await startLive(alice);
    const [first, second] = [1, 2].map(() =>
      alice.client.direct('bob').send(text('hello'), { clientMessageId: 'mine' }),
    );
    expect(await first?.receipt).toEqual(await second?.receipt);
    expect(stored(server)).toEqual(['hello']);
  });
});
