// @vitest-environment happy-dom

import { act, cleanup, render, renderHook } from '@testing-library/react';
import { Activity, type ReactNode, StrictMode, useEffect } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { createChatHooks, useChatClient } from '../../src/react.ts';
import { ModelServer } from '../support/model-server.ts';
import { type TestClient, testClient, until } from '../support/test-client.ts';

type Chat = TestClient['client'];
const { ChatProvider, useConnection } = createChatHooks<Chat>();

afterEach(cleanup);

/** Creates clients of one server, and remembers what became of each. */
function clients() {
  const server = new ModelServer();
  const created: { client: Chat; userId: string; starts: number; isClosed: boolean; isConnectionClosed: boolean }[] =
    [];
  const create = (userId: string) => () => {
    const { client } = testClient(server, userId);
    const life = { client, userId, starts: 0, isClosed: false, isConnectionClosed: false };
    created.push(life);
    const { start, close } = client;
    const session = {
      client: Object.assign(client, {
        start: () => {
          start();
          life.starts += 1;
        },
        close: async () => {
          await close();
          life.isClosed = true;
        },
      }),
      connection: {
        close: async () => {
          life.isConnectionClosed = life.isClosed;
        },
      },
    };
    return session;
  };
  return { created, create, started: () => created.filter(({ starts }) => starts > 0) };
}

const eventually = (check: () => unknown): Promise<void> => act(() => until(check));

describe('a client by useChatClient', () => {
  it('becomes live in StrictMode, where a client closed by an effect could not', async () => {
    const { create, started } = clients();
    const make = create('alice');
    let state = '';
    function Shown() {
      state = useConnection().state;
      return null;
    }
    function App() {
      const client = useChatClient(make, []);
      return (
        <ChatProvider client={client}>
          <Shown />
        </ChatProvider>
      );
    }
    const { unmount } = render(<App />, { wrapper: StrictMode });
    await eventually(() => expect(state).toBe('live'));
    expect(started()).toHaveLength(1);
    expect(started()[0]?.isClosed).toBe(false);
    unmount();
    await until(() => started()[0]?.isConnectionClosed === true);
  });

  it('is closed with its connection, client first, when its component goes', async () => {
    const { create, started } = clients();
    const make = create('alice');
    const { unmount } = renderHook(() => useChatClient(make, []));
    await eventually(() => expect(started()).toHaveLength(1));
    unmount();
    await until(() => started()[0]?.isConnectionClosed === true);
  });

  it('is another one for another user, and the first is closed', async () => {
    const { create, started } = clients();
    const { result, rerender, unmount } = renderHook(({ userId }) => useChatClient(create(userId), [userId]), {
      wrapper: StrictMode,
      initialProps: { userId: 'alice' },
    });
    const first = result.current;
    rerender({ userId: 'alice' });
    expect(result.current).toBe(first);
    rerender({ userId: 'bob' });
    expect(result.current.userId).toBe('bob');
    await eventually(() =>
      expect(started().map(({ userId, isClosed }) => [userId, isClosed])).toEqual([
        ['alice', true],
        ['bob', false],
      ]),
    );
    unmount();
    await until(() => started().every(({ isClosed }) => isClosed));
  });

  it('is another one when a hidden screen is shown again', async () => {
    const { create, started } = clients();
    const make = create('alice');
    const seen: Chat[] = [];
    function Screen() {
      const client = useChatClient(make, []);
      useEffect(() => void seen.push(client), [client]);
      return null;
    }
    const screen = (mode: 'visible' | 'hidden'): ReactNode => (
      <Activity mode={mode}>
        <Screen />
      </Activity>
    );
    const { rerender, unmount } = render(screen('visible'));
    await eventually(() => expect(started()).toHaveLength(1));
    rerender(screen('hidden'));
    await until(() => started()[0]?.isClosed === true);
    rerender(screen('visible'));
    await eventually(() => expect(started()).toHaveLength(2));
    expect(seen.at(-1)).toBe(started()[1]?.client);
    expect(started()[1]?.isClosed).toBe(false);
    unmount();
    await until(() => started().every(({ isClosed }) => isClosed));
  });

  it('is started and closed too where it comes without a connection beside it', async () => {
    const { client } = testClient(new ModelServer(), 'alice');
    const { result, unmount } = renderHook(() => useChatClient(() => client, []));
    expect(result.current).toBe(client);
    await eventually(() => expect(client.connection.getSnapshot().state).toBe('live'));
    unmount();
    await until(() => client.connection.getSnapshot().state === 'stopped');
  });

  it('that the application closed itself and hands over again is an error, not a loop', async () => {
    const { client } = testClient(new ModelServer(), 'alice');
    await client.close();
    const failed = () => renderHook(() => useChatClient(() => ({ client }), []));
    expect(failed).toThrow('the client was closed');
  });
});
