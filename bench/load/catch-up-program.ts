/** A device that was away: the client of Tidemark with a local store in memory, or the official client of NATS. */

import { DeliverPolicy, jetstream } from '@nats-io/jetstream';
import { wsconnect } from '@nats-io/nats-core';
import { createClient, createConnection, type MessagingTrpc, memoryLocalStore } from '@tidemark/client';
import { createTRPCClient } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { WebSocket } from 'ws';
import { answerCalls } from '../frame/answer-calls.ts';
import { STREAM } from '../systems/jetstream/subjects.ts';
import { numberIn } from '../systems/message.ts';
import { textIn } from '../systems/trpc-driver.ts';
import type { CaughtUp, Device } from './caught-up.ts';

const PATIENCE_MS = 60_000;
const stores = new Map<string, ReturnType<typeof memoryLocalStore>>();

/** Opens the user's client until it has caught up; what it heard of are the numbers of messages, in order. */
async function catchUp({ url, user, count }: Device): Promise<CaughtUp> {
  const store = stores.get(user) ?? memoryLocalStore();
  stores.set(user, store);
  const numbers: number[] = [];
  const started = performance.now();
  const connection = createConnection({ url, WebSocket, token: () => user });
  const trpc = createTRPCClient<AnyTRPCRouter>({ links: [connection.link] }) as unknown as { chat: MessagingTrpc };
  const client = createClient({ trpc: trpc.chat, userId: user, contentTypes: ['text'], connection, store });
  client.on('message', (message) => {
    numbers.push(numberIn(String((message.content as { text: string }).text)));
  });
  await within(new Promise<void>((resolve) => client.on('live', () => resolve())));
  const ms = performance.now() - started;
  await client.close();
  await connection.close();
  return judged(ms, numbers, count);

  function within(done: Promise<void>): Promise<void> {
    client.start();
    return Promise.race([
      done,
      new Promise<never>((_, reject) => {
        setTimeout(() => reject(new Error(`${user} has not caught up in time`)), PATIENCE_MS).unref();
      }),
    ]);
  }
}

async function catchUpOnNats({ url, user, count }: Device): Promise<CaughtUp> {
  const numbers: number[] = [];
  /** What the application would keep, as the other's local store does. */
  const kept = new Map<number, unknown>();
  const started = performance.now();
  const wsFactory = async (address: string) => ({
    socket: new WebSocket(address) as unknown as globalThis.WebSocket,
    encrypted: false,
  });
  const connection = await wsconnect({ servers: url, wsFactory });
  const filter = { filter_subjects: `user.${user}`, deliver_policy: DeliverPolicy.All };
  const consumer = await jetstream(connection).consumers.get(STREAM, filter);
  const messages = await consumer.consume({ max_messages: 1_000 });
  const late = setTimeout(() => messages.stop(), PATIENCE_MS);
  for await (const message of messages) {
    const entry: unknown = message.json();
    kept.set(message.seq, entry);
    numbers.push(numberIn(textIn(entry) ?? ''));
    if (message.info.pending === 0) break;
  }
  clearTimeout(late);
  const ms = performance.now() - started;
  await connection.close();
  return judged(ms, numbers, count);
}

function judged(ms: number, numbers: readonly number[], count: number): CaughtUp {
  const seen = new Set(numbers);
  const expected = Array.from({ length: count }, (_, index) => index + 1);
  return {
    ms,
    lost: expected.filter((number) => !seen.has(number)).length,
    duplicated: numbers.length - seen.size,
  };
}

answerCalls({ tidemark: catchUp, nats: catchUpOnNats });
