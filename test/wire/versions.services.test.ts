import { directConversationId, parseErrorText } from '@tidemark/core';
import * as current from '@trpc/client';
import superjson from 'superjson';
import * as floor from 'trpc-floor/client';
import * as previous from 'trpc-previous/client';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type AppRouter, eventually } from '../support/app.ts';
import { startDeployment } from '../support/deployment.ts';
import type { ServerProcess } from '../support/server-process.ts';

// Typed as the current one: what is told apart here is how they run.
const CLIENTS = { current, previous, floor } as unknown as Record<string, typeof current>;

function connect(version: string, server: ServerProcess, user: string) {
  const { createTRPCClient, createWSClient, wsLink } = CLIENTS[version] as typeof current;
  const socket = createWSClient({
    url: server.wsUrl,
    WebSocket: WebSocket as unknown as typeof globalThis.WebSocket,
    connectionParams: () => ({ token: `token-${user}` }),
    retryDelayMs: () => 100,
  });
  const trpc = createTRPCClient<AppRouter>({ links: [wsLink({ client: socket, transformer: superjson })] });
  const seqs: number[] = [];
  const ids: string[] = [];
  const types: string[] = [];
  trpc.chat.inbox.feed.subscribe(
    {},
    {
      onData: ({ id, data }) => {
        ids.push(id);
        types.push(data.type);
        if (data.type === 'entries') seqs.push(...data.entries.map((entry) => entry.seq));
      },
    },
  );
  return {
    trpc,
    seqs,
    ids,
    types,
    cut: () => (socket.connection?.ws as unknown as WebSocket | undefined)?.terminate(),
    close: () => socket.close(),
  };
}

/** What a raw client reads for one live entry, without what differs between runs. */
async function liveFrame(server: ServerProcess, user: string, send: () => Promise<unknown>): Promise<string> {
  const socket = new WebSocket(`${server.wsUrl}?connectionParams=1`);
  await new Promise((resolve) => socket.on('open', resolve));
  const texts: string[] = [];
  socket.on('message', (data) => texts.push(data.toString()));
  socket.send(JSON.stringify({ method: 'connectionParams', data: { token: `token-${user}` } }));
  socket.send(
    JSON.stringify({ id: 7, method: 'subscription', params: { path: 'chat.inbox.feed', input: { json: {} } } }),
  );
  await eventually('live', () => texts.some((text) => text.includes('"live"')));
  const before = texts.length;
  await send();
  await eventually('the entry', () => texts.length > before);
  socket.close();
  return texts
    .slice(0, before + 1)
    .join('\n')
    .replace(/"at":\d+/g, '"at":0')
    .replace(/"seq":\d+/g, '"seq":0')
    .replace(/:\d+(:[a-z0-9]+)?"/g, ':0"')
    .replace(/"(messageId|commandId)":"[^"]*"/g, '"$1":""')
    .replace(/"conversationSeq":\d+/g, '"conversationSeq":0');
}

test('nodes and clients of different tRPC versions of the peer range understand each other', async () => {
  await using deployment = await startDeployment();
  const servers: Record<string, ServerProcess> = {
    current: await deployment.start(),
    previous: await deployment.start({ trpc: 'trpc-previous' }),
    floor: await deployment.start({ trpc: 'trpc-floor' }),
  };
  expect(Object.values(servers).map((server) => server.trpcVersion)).toEqual(['11.25.2', '11.22.1', '11.9.0']);

  for (const [serverVersion, server] of Object.entries(servers)) {
    for (const clientVersion of Object.keys(CLIENTS)) {
      const pair = `${clientVersion} on ${serverVersion}`;
      // Every receiver hears from a sender on the other version of the two.
      const [otherServer, otherClient] =
        serverVersion === 'current' ? ['previous', 'previous'] : ['current', 'current'];
      const name = pair.replaceAll(' ', '-');
      const receiver = connect(clientVersion, server, `to-${name}`);
      const sender = connect(otherClient, servers[otherServer] as ServerProcess, `from-${name}`);
      await eventually(`${pair} is live`, () => receiver.types.includes('live'));
      const conversationId = directConversationId(`to-${name}`, `from-${name}`);
      const send = (n: number) =>
        sender.trpc.chat.send.mutate({
          conversationId,
          clientMessageId: `m${n}`,
          type: 'text',
          content: { text: 'x' },
        });

      await send(1);
      await eventually(`${pair} hears live`, () => receiver.seqs.length === 2);
      receiver.cut();
      for (let n = 2; n <= 5; n++) await send(n);
      await eventually(`${pair} resumes`, () => receiver.seqs.length >= 6);
      expect(receiver.seqs, `${pair} by seq, without gap or repeat`).toEqual([1, 2, 3, 4, 5, 6]);
      expect(receiver.ids.at(-1)).toMatch(/^[A-Za-z0-9]+:6:[a-z0-9]+$/);

      const refused = await receiver.trpc.chat.send
        .mutate({ conversationId, clientMessageId: 'bad', type: 'text', content: { text: '' } })
        .catch((error: Error) => parseErrorText(error.message));
      expect(refused, pair).toMatchObject({ code: 'invalid_content', field: 'content.text' });
      await Promise.all([receiver.close(), sender.close()]);
    }
  }

  const frames: string[] = [];
  for (const [version, server] of Object.entries(servers)) {
    const sender = connect(version, server, 'frame-sender');
    const conversationId = directConversationId('frame-sender', 'frame-reader');
    let n = 0;
    // The first makes the conversation, so that every version's frame is of the same kind.
    const send = () =>
      sender.trpc.chat.send.mutate({
        conversationId,
        clientMessageId: `${version}${n++}`,
        type: 'text',
        content: { text: 'x' },
      });
    await send();
    // On a busy machine the comparison of heads may be quicker than the frame: the entry is then a page of the store.
    let frame = await liveFrame(server, 'frame-reader', send);
    for (let tries = 1; frame.includes('"head":') && tries < 5; tries++) {
      frame = await liveFrame(server, 'frame-reader', send);
    }
    frames.push(frame);
    await sender.close();
  }
  expect(new Set(frames).size, `the same text from every version:\n${frames.join('\n\n')}`).toBe(1);
});
