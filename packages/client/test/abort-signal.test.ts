import { directConversationId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { onAbort } from '../src/abort-signal.ts';
import { ModelServer } from './support/model-server.ts';
import { testClient, until } from './support/test-client.ts';

const text = (words: string) => ({ type: 'text', content: { text: words } });

/** What Node warns of while it is in use. */
function warnings() {
  const heard: string[] = [];
  const hear = ({ name }: Error): unknown => heard.push(name);
  process.on('warning', hear);
  return { heard, [Symbol.dispose]: () => void process.off('warning', hear) };
}

describe('one signal that many wait for', () => {
  it('calls each once, but for those that gave up, and at once when it is aborted already', () => {
    const ended = new AbortController();
    const heard: string[] = [];
    const hear = (): unknown => heard.push('twice');
    onAbort(ended.signal, hear);
    onAbort(ended.signal, hear);
    const release = onAbort(ended.signal, () => heard.push('never'));
    onAbort(ended.signal, () => heard.push('last'));
    release();
    ended.abort();
    expect(heard).toEqual(['twice', 'twice', 'last']);
    onAbort(ended.signal, () => heard.push('at once'));
    expect(heard.at(-1)).toBe('at once');
  });

  it('has Node warn of no leak, however many messages are under way, tried again, or loaded', async () => {
    using node = warnings();
    const server = new ModelServer();
    const port = server.port('alice');
    let calls = 0;
    /** What fails is waited for; what hangs listens to the signal of its call, as the stock client does. */
    const hang = (signal: AbortSignal | undefined): Promise<never> =>
      new Promise((_, reject) => {
        calls += 1;
        if (calls % 2 === 0) reject(new Error('the network is gone'));
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      });
    const trpc = {
      ...port,
      send: { mutate: (_: unknown, options?: { signal?: AbortSignal }) => hang(options?.signal) },
      conversations: {
        ...port.conversations,
        history: { query: (_: unknown, options?: { signal?: AbortSignal }) => hang(options?.signal) },
      },
    };
    await using alice = testClient(server, 'alice', { trpc, parallelSends: 40 });
    alice.client.start();
    await until(() => expect(alice.seen('live')).toHaveLength(1));
    const peers = Array.from({ length: 40 }, (_, index) => directConversationId('alice', `peer-${index}`));
    for (const peer of peers) {
      const conversation = alice.client.conversation(peer);
      conversation.send(text('on its way'));
      conversation.messages.loadOlder().catch(() => undefined);
    }
    await until(() => expect(calls).toBeGreaterThan(2 * peers.length));
    // Warnings are told in a turn of their own.
    await new Promise((resolve) => setImmediate(resolve));
    expect(node.heard).toEqual([]);
  });
});
