import { expect, test } from 'vitest';
import { eventually } from '../support/patience.ts';
import { startForeignClient } from './foreign-client.ts';
import { startPlainApp } from './plain-app.ts';

const TALK = 'd:alice,bob';

/** Bob, who calls over HTTP. */
async function bob(port: number, path: string, input: object, method: 'GET' | 'POST' = 'POST'): Promise<unknown> {
  const query = method === 'GET' ? `?input=${encodeURIComponent(JSON.stringify(input))}` : '';
  const response = await fetch(`http://127.0.0.1:${port}/trpc/chat.${path}${query}`, {
    method,
    // A connection that is kept would be used after the cut.
    headers: { authorization: 'token-bob', 'content-type': 'application/json', connection: 'close' },
    ...(method === 'POST' && { body: JSON.stringify(input) }),
  });
  const { result } = (await response.json()) as { result: { data: unknown } };
  return result.data;
}

const say = (port: number, text: string) =>
  bob(port, 'send', {
    conversationId: TALK,
    clientMessageId: text.replace(' ', '-'),
    type: 'text',
    content: { text },
  });

test('a client in Python that knows the page alone sends, hears, is away, resends after a cut and rebuilds', async () => {
  await using first = await startPlainApp();
  const { port } = first;
  await using alice = await startForeignClient(port, 'alice');
  await alice.shows('that it is live on an empty store', (line) => line.live);
  expect(alice.shown[0]).toEqual({ reset: 'new' });
  expect(await alice.shows('what it rebuilt', (line) => line.rebuilt)).toEqual({ rebuilt: {} });

  alice.tell(`send ${TALK} m1 hello, bob`);
  const { receipt } = await alice.shows('its receipt', (line) => line.receipt);
  expect(receipt).toMatchObject({ clientMessageId: 'm1', conversationSeq: 2 });
  await say(port, 'hello');
  await alice.shows("bob's message", () => alice.texts().includes('hello'));

  alice.tell('send d:bob,carol m2 not mine');
  const refused = await alice.shows('a refusal', (line) => line.refused);
  expect(refused).toMatchObject({ refused: 'm2', why: expect.stringMatching(/^not_a_member \[conversationId\]: /) });

  // Away: what was missed comes by pages, then the feed goes on without gap or repeat.
  alice.tell('away');
  await alice.shows('that it is away', (line) => line.closed === 'away');
  for (let n = 1; n <= 5; n++) await say(port, `missed ${n}`);
  alice.tell('pull');
  await alice.shows('that it has pulled', (line) => line.pulled);
  expect(alice.texts().slice(-5)).toEqual([1, 2, 3, 4, 5].map((n) => `missed ${n}`));
  const beforeBack = alice.shown.length;
  alice.tell('back');
  await alice.shows('that it is live again', (line) => line.live, beforeBack);

  // Cut between commit and receipt: it sends again, and is told of the one message.
  const off = first.messaging.on('committed', ({ messages }) => {
    if (messages === 0) return;
    off();
    first.cut();
  });
  const beforeCut = alice.shown.length;
  alice.tell(`send ${TALK} m3 once`);
  await alice.shows('that it lost its connection', (line) => line.closed, beforeCut);
  const again = await alice.shows('the receipt', (line) => line.receipt, beforeCut);
  const { events } = (await bob(port, 'conversations.history', { conversationId: TALK }, 'GET')) as {
    events: { commandId: string; conversationSeq: number }[];
  };
  const stored = events.filter((event) => event.commandId === 'm3');
  expect(stored.map(({ conversationSeq }) => conversationSeq)).toEqual([again.receipt?.conversationSeq]);
  await alice.shows('its own message', () => alice.texts().includes('once'));
  const texts = ['hello, bob', 'hello', ...[1, 2, 3, 4, 5].map((n) => `missed ${n}`), 'once'];
  expect(alice.texts()).toEqual(texts);
  const seqs = alice.shown.flatMap(({ seq }) => seq ?? []);
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));

  // Another store at the same address: the cursor is of no use, and the client rebuilds.
  const beforeReset = alice.shown.length;
  await first[Symbol.asyncDispose]();
  await using second = await startPlainApp({ port });
  for (const text of ['new 1', 'new 2']) await say(second.port, text);
  const { reset } = await alice.shows('the reset', (line) => line.reset, beforeReset);
  expect(reset).toBe('epoch');
  const { rebuilt } = await alice.shows('that it has rebuilt', (line) => line.rebuilt, beforeReset);
  const counted = rebuilt?.[TALK] ?? 0;
  await say(second.port, 'after');
  await alice.shows('what comes after', () => alice.texts().at(-1) === 'after');
  const after = alice.shown.slice(beforeReset).flatMap(({ event }) => event?.conversationSeq ?? []);
  expect(after).toEqual([1, 2, 3, 4].filter((conversationSeq) => conversationSeq > counted));
});

test('what is too large for a frame is not sent again and again, and what stands behind it is sent', async () => {
  await using app = await startPlainApp({ limits: { contentBytes: 2_048, frameBytes: 4_096, parametersBytes: 1_024 } });
  await using alice = await startForeignClient(app.port, 'alice');
  alice.tell(`send ${TALK} large ${'x'.repeat(6_000)}`);
  alice.tell(`send ${TALK} small x`);
  const { receipt } = await alice.shows('the receipt of the other', (line) => line.receipt);
  expect(receipt?.clientMessageId).toBe('small');
  expect(alice.shown).toContainEqual({ closed: '1009' });
  expect(alice.shown).toContainEqual({ refused: 'large', why: 'too large for a frame' });
});

test('it stops where the page says so: a refused identity is no reason to knock for ever', async () => {
  await using app = await startPlainApp({ strangers: ['mallory'] });
  await using mallory = await startForeignClient(app.port, 'mallory');
  await mallory.ended;
  await eventually('all that it printed', () => mallory.shown.length > 0);
  expect(mallory.shown).toEqual([{ closed: '4401' }]);
});
