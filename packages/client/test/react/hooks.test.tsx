// @vitest-environment happy-dom

import { act, cleanup, render, renderHook, screen } from '@testing-library/react';
import { directConversationId } from '@tidemark/core';
import { type ReactNode, StrictMode, Suspense } from 'react';
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

describe('hooks under StrictMode', () => {
  it('leave no listener behind, and listen once while they are shown', async () => {
    const server = new ModelServer();
    server.say('bob', bob, 'one');
    await using alice = testClient(server, 'alice');
    await act(() => live(alice));
    const { client, listeners } = counted(alice.client);
    const { unmount, rerender } = renderHook(
      ({ id }) => {
        useConversations();
        useUnread();
        useConnection();
        useConversation(id);
        useMessages(id);
      },
      { wrapper: wrapper(client), initialProps: { id: bob as string } },
    );
    expect(listeners()).toEqual({ conversations: 1, unread: 1, connection: 1, [`${bob} item`]: 1, [bob]: 1 });
    rerender({ id: carol });
    expect(listeners()).toEqual({ conversations: 1, unread: 1, connection: 1, [`${carol} item`]: 1, [carol]: 1 });
    unmount();
    expect(listeners()).toEqual({});
  });

  it('load the first page once, although React mounts twice', async () => {
    const server = new ModelServer();
    server.say('bob', bob, 'one');
    await using alice = testClient(server, 'alice');
    await act(() => live(alice));
    const { result } = renderHook(() => useMessages(bob), { wrapper: wrapper(alice.client) });
    await eventually(() => expect(result.current.items).toHaveLength(1));
    expect(server.callsOf('history')).toHaveLength(1);
  });

  it('render again for what they return, and for nothing else', async () => {
    const server = new ModelServer();
    server.say('bob', bob, 'one');
    server.say('carol', carol, 'one');
    await using alice = testClient(server, 'alice');
    await act(() => live(alice));
    const renders = { list: 0, bob: 0, unread: 0, connection: 0 };
    const counting = (name: keyof typeof renders, use: () => unknown) => {
      const view = renderHook(
        () => {
          use();
          renders[name] += 1;
        },
        { wrapper: ({ children }) => <ChatProvider client={alice.client}>{children}</ChatProvider> },
      );
      return view;
    };
    counting('list', useConversations);
    counting('bob', () => useConversation(bob));
    counting('unread', useUnread);
    counting('connection', useConnection);
    const before = { ...renders };
    server.voidEntry('alice');
    await eventually(() => alice.seen('entry').length === 1);
    expect(renders).toEqual(before);
    server.say('carol', carol, 'two');
    await eventually(() => alice.seen('message').length === 1);
    expect(renders).toEqual({ ...before, list: before.list + 1, unread: before.unread + 1 });
  });

  it('keep the same function while the messages change', async () => {
    const server = new ModelServer();
    server.say('bob', bob, 'one');
    await using alice = testClient(server, 'alice');
    await act(() => live(alice));
    const seen = new Set<unknown>();
    const { result } = renderHook(
      () => {
        const chat = useMessages(bob);
        seen.add(chat.loadOlder);
        return chat;
      },
      { wrapper: wrapper(alice.client) },
    );
    await eventually(() => expect(result.current.items).toHaveLength(1));
    server.say('bob', bob, 'two');
    await eventually(() => expect(result.current.items).toHaveLength(2));
    expect(seen.size).toBe(1);
  });
});

describe('Suspense', () => {
  function Messages() {
    const { items, loaded } = useMessages(bob, { suspense: true });
    return <p>{loaded ? `${items.length} messages` : 'not loaded'}</p>;
  }

  it('shows the fallback until the first page is here', async () => {
    const server = new ModelServer();
    server.say('bob', bob, 'one');
    await using alice = testClient(server, 'alice');
    await act(() => live(alice));
    const release = server.hold('history');
    await act(async () =>
      render(
        <Suspense fallback={<p>waiting</p>}>
          <Messages />
        </Suspense>,
        { wrapper: wrapper(alice.client) },
      ),
    );
    screen.getByText('waiting');
    await act(async () => release());
    await eventually(() => screen.getByText('1 messages'));
    expect(server.callsOf('history')).toHaveLength(1);
  });

  it('ends when the page cannot be loaded, and the component says so', async () => {
    const server = new ModelServer();
    server.say('bob', bob, 'one');
    await using alice = testClient(server, 'alice');
    await act(() => live(alice));
    server.fail('history', 'unavailable', 5);
    await act(async () =>
      render(
        <Suspense fallback={<p>waiting</p>}>
          <Messages />
        </Suspense>,
        { wrapper: wrapper(alice.client) },
      ),
    );
    await eventually(() => screen.getByText('not loaded'));
    server.heal();
    await act(() => alice.client.conversation(bob).messages.loadNewest());
    await eventually(() => screen.getByText('1 messages'));
  });
});

/** The client, with its views counting who listens. */
function counted(client: Chat): { client: Chat; listeners: () => Record<string, number> } {
  const counts = new Map<string, number>();
  const views = new Map<object, object>();
  function watch<V extends Chat['unread'] | Chat['connection'] | Chat['conversations']>(name: string, view: V): V {
    const known = views.get(view);
    if (known) return known as V;
    const watched: V = {
      ...view,
      subscribe: (listener: () => void) => {
        counts.set(name, (counts.get(name) ?? 0) + 1);
        const unsubscribe = view.subscribe(listener);
        return () => {
          counts.set(name, (counts.get(name) ?? 0) - 1);
          unsubscribe();
        };
      },
    };
    views.set(view, watched);
    return watched;
  }
  return {
    client: {
      ...client,
      conversations: watch('conversations', client.conversations),
      unread: watch('unread', client.unread),
      connection: watch('connection', client.connection),
      conversation: (id) => {
        const handle = client.conversation(id);
        const item = watch(`${id} item`, handle.item as unknown as Chat['unread']) as unknown as typeof handle.item;
        const messages = watch(id, handle.messages as unknown as Chat['unread']) as unknown as typeof handle.messages;
        return { ...handle, item, messages };
      },
    },
    listeners: () => Object.fromEntries([...counts].filter(([, count]) => count !== 0)),
  };
}

function Unread() {
  const { items } = useMessages(bob);
  const first = items[0]?.content as { text: string } | undefined;
  return <p>{`${useUnread()} unread, ${useConnection().state}, ${first?.text ?? 'nothing here'}`}</p>;
}
