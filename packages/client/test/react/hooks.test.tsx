// @vitest-environment happy-dom

import { act, cleanup, render, renderHook, screen } from '@testing-library/react';
import { directConversationId } from '@tidemark/core';
import { type ReactNode, StrictMode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, describe, expect, it } from 'vitest';
import { createChatHooks } from '../../src/react.ts';
import { ModelServer } from '../support/model-server.ts';
import { type TestClient, testClient, until } from '../support/test-client.ts';

type Chat = TestClient['client'];
const { ChatProvider, useChat, useConnection, useConversation, useConversations, useMessages, useUnread } =
  createChatHooks<Chat>();
const bob = directConversationId('alice', 'bob');
const carol = directConversationId('alice', 'carol');

afterEach(cleanup);

function wrapper(client: Chat) {
  return ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <ChatProvider client={client}>{children}</ChatProvider>
    </StrictMode>
  );
}

async function live(client: TestClient): Promise<void> {
  client.client.start();
  await until(() => client.seen('live').length === 1);
}

/** Waits inside `act`, so that what comes in is rendered. */
async function eventually(check: () => unknown): Promise<void> {
  await act(() => until(check));
}

describe('hooks', () => {
  it('show the list, the unread total and the connection, and follow them', async () => {
    const server = new ModelServer();
    server.say('bob', bob, 'one');
    await using alice = testClient(server, 'alice');
    const { result } = renderHook(
      () => ({
        list: useConversations(),
        unread: useUnread(),
        connection: useConnection().state,
        me: useChat().userId,
      }),
      { wrapper: wrapper(alice.client) },
    );
    expect(result.current).toEqual({ list: [], unread: 0, connection: 'stopped', me: 'alice' });
    await act(() => live(alice));
    expect(result.current).toMatchObject({ list: [{ conversationId: bob, unread: 1 }], unread: 1, connection: 'live' });
    server.say('carol', carol, 'two');
    await eventually(() => expect(result.current.list.map((each) => each.conversationId)).toEqual([carol, bob]));
    expect(result.current.unread).toBe(2);
  });

  it('show a conversation’s messages, load older ones and keep their functions', async () => {
    const server = new ModelServer();
    for (let index = 0; index < 25; index += 1) server.say('bob', bob, `m${index}`);
    await using alice = testClient(server, 'alice', { pageSize: 10 });
    await act(() => live(alice));
    const { result } = renderHook(() => useMessages(bob), { wrapper: wrapper(alice.client) });
    await eventually(() => expect(result.current.items).toHaveLength(10));
    const { loadOlder, loadNewer, loadAround, loadNewest } = result.current;
    await act(() => loadOlder());
    expect(result.current.items).toHaveLength(20);
    expect(result.current).toMatchObject({ loadOlder, loadNewer, loadAround, loadNewest });
  });

  it('give what can be done in a conversation together with its line of the list', async () => {
    const server = new ModelServer();
    server.say('bob', bob, 'one');
    await using alice = testClient(server, 'alice');
    await act(() => live(alice));
    const { result } = renderHook(() => useConversation(bob), { wrapper: wrapper(alice.client) });
    expect(result.current.item).toMatchObject({ peer: 'bob', unread: 1 });
    await act(async () => {
      await result.current.send({ type: 'text', content: { text: 'hello' } }).receipt;
      await result.current.markRead();
    });
    expect(result.current.item).toMatchObject({ unread: 0 });
  });

  it('say what is missing without a provider', () => {
    expect(() => renderToString(<Unread />)).toThrow('ChatProvider');
  });

  it('render on a server what a client shows that has loaded nothing', async () => {
    const server = new ModelServer();
    server.say('bob', bob, 'one');
    await using alice = testClient(server, 'alice');
    await live(alice);
    const Page = wrapper(alice.client);
    const html = renderToString(
      <Page>
        <Unread />
      </Page>,
    );
    expect(html).toBe('<p>0 unread, stopped, nothing here</p>');
    const container = document.body.appendChild(document.createElement('div'));
    container.innerHTML = html;
    render(<Unread />, { container, hydrate: true, wrapper: Page });
    await eventually(() => screen.getByText('1 unread, live, one'));
  });
});

function Unread() {
  const { items } = useMessages(bob);
  const first = items[0]?.content as { text: string } | undefined;
  return <p>{`${useUnread()} unread, ${useConnection().state}, ${first?.text ?? 'nothing here'}`}</p>;
}
