import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { StoreSettings } from '../../test/verify/server-settings.ts';
import type { Bench } from '../frame/bench.ts';
import { Measurements, TIDEMARK } from '../frame/result.ts';
import { type BenchServices, startServices } from '../frame/services.ts';
import { type DirectConversation, directConversation, fillHistory, readBack, TEXT } from '../load/direct-history.ts';
import { openDeployment } from '../load/open-deployment.ts';
import { type OwnMessaging, openOwnMessaging } from '../load/own-messaging.ts';
import { spentBy, spentSince } from '../load/spent.ts';

interface Size {
  readonly messages: number;
  readonly conversations: number;
}

/** Along messages at 1,000 conversations, and along conversations at 100,000 messages. */
const SIZES: readonly Size[] = [
  { messages: 1e3, conversations: 1e3 },
  { messages: 1e5, conversations: 10 },
  { messages: 1e5, conversations: 1e3 },
  { messages: 1e5, conversations: 1e5 },
  { messages: 1e6, conversations: 1e3 },
];
/** What the others are compared with. */
const SMALLEST: Size = { messages: 1e3, conversations: 1e3 };
/** Sends that wait for their receipt. */
const WINDOW = 64;
/** Rounds that aren't counted: a process that has waited for its store to settle is slower at first. */
const WARM_UP_ROUNDS = 3;
/** ms for which the store is asked about a counter that was restored from it. */
const COUNTERS_TRUSTED_AFTER = 61_000;
/** Conversations that the messages of a round go to: the same number at every size, or all there are. */
const LOADS = { 'in 10 conversations': 10, 'in any conversation': Number.POSITIVE_INFINITY } as const;

export const growth: Bench = {
  name: 'growth',
  about: 'What a message costs when 10³, 10⁵ and 10⁶ are stored, in 10, 10³ and 10⁵ conversations.',
  configs: ['redis-postgres', 'embedded', 'redis-mariadb'],

  async run({ config, quick, log, note }) {
    const sizes = SIZES.filter(({ messages }) => !quick || messages < 1e6);
    const rounds = quick ? 3 : 9;
    const perRound = quick ? 400 : 1_000;
    const measured = new Measurements();
    await using services = await startServices(config);
    const filled: Filled[] = [];
    await using _ = {
      [Symbol.asyncDispose]: async () => void (await Promise.all(filled.map((one) => one[Symbol.asyncDispose]()))),
    };
    for (const size of sizes) {
      const one = await fill(services, size);
      filled.push(one);
      log(`filled ${labelOf(size)}`);
    }
    for (const one of filled) {
      await sendToEach(one);
      log(`${labelOf(one.size)}: each conversation has had a message`);
    }
    await settle(services, sizes, quick);

    for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
      for (const [load, among] of Object.entries(LOADS)) {
        const costs = new Map<string, Cost>();
        // One size after the other within a round, so that what else the machine does falls on all of them.
        for (const one of filled) costs.set(labelOf(one.size), await sendRound(services, one, among, perRound));
        if (round < 0) continue;
        const base = costs.get(labelOf(SMALLEST)) as Cost;
        for (const [label, cost] of costs) {
          measured.add(TIDEMARK, `CPU per message ${load}, ${label}`, 'µs', cost.cpu);
          measured.add(TIDEMARK, `time per message ${load}, ${label}`, 'µs', cost.time);
          if (cost === base) continue;
          measured.add(TIDEMARK, `CPU ${load}, ${label}, over the smallest`, '×', cost.cpu / base.cpu);
        }
      }
      log(`round ${round + 1} of ${rounds}`);
    }
    for (const one of filled) {
      const found = await check(one);
      measured.add(TIDEMARK, `messages sent and read back, ${labelOf(one.size)}`, '', found.messages, found);
    }
    note(
      `Messages of two users each, ${WINDOW} awaiting their receipt, through the whole server in one process, no sockets.`,
    );
    note(
      'CPU: of that process, Redis and the store together. Every size has a database of its own on the same server.',
    );
    note(
      'Every conversation had a message before, so that its state is remembered; one that is not costs a read on its next.',
    );
    return measured.rows();
  },
};

interface Filled extends AsyncDisposable {
  readonly size: Size;
  readonly conversations: readonly DirectConversation[];
  readonly messaging: OwnMessaging;
  readonly storage: Parameters<typeof readBack>[0];
  /** Acknowledged conversationSeqs of the measured messages. */
  readonly acknowledged: Map<DirectConversation, Set<number>>;
}

interface Cost {
  readonly cpu: number;
  readonly time: number;
}

async function fill(services: BenchServices, size: Size): Promise<Filled> {
  const store = await ownDatabase(services, size);
  const keyPrefix = `${nameOf(size)}:`;
  const deployment = await openDeployment({ redis: services.redis?.url ?? null, store, keyPrefix });
  const conversations = Array.from({ length: size.conversations }, (_, index) => directConversation(index));
  // The last message of each is sent, see `sendToEach`.
  await fillHistory(deployment, conversations, size.messages - size.conversations);
  const messaging = await openOwnMessaging(deployment.storage, deployment.backplane);
  return {
    size,
    conversations,
    messaging,
    storage: deployment.storage,
    acknowledged: new Map(),
    [Symbol.asyncDispose]: async () => {
      await messaging[Symbol.asyncDispose]();
      await deployment[Symbol.asyncDispose]();
    },
  };
}

let sent = 0;

/**
 * The last message that is stored of each conversation goes through the server. What a process remembers of conversations,
 * it then remembers of these, as it does when it has run for long.
 */
async function sendToEach({ conversations, messaging }: Filled): Promise<void> {
  const waiting = conversations.values();
  const lane = async (): Promise<void> => {
    for (const conversation of waiting) {
      const { users, conversationId } = conversation;
      conversation.head = await messaging.send(users[0], conversationId, `m${++sent}`, TEXT);
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, lane));
}

async function sendRound(services: BenchServices, one: Filled, among: number, count: number): Promise<Cost> {
  const { conversations, messaging, acknowledged } = one;
  const choice = Math.min(among, conversations.length);
  const before = spentBy(services);
  const started = performance.now();
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      // Spread over all of them, not the first few.
      const index = Math.floor((Math.floor(Math.random() * choice) * conversations.length) / choice);
      const conversation = conversations[index] as DirectConversation;
      const seq = await messaging.send(conversation.users[0], conversation.conversationId, `m${++sent}`, TEXT);
      const seqs = acknowledged.get(conversation) ?? new Set();
      if (seqs.has(seq)) throw new Error(`two messages have the conversationSeq ${seq}`);
      acknowledged.set(conversation, seqs.add(seq));
    }
  };
  await Promise.all(Array.from({ length: WINDOW }, lane));
  const time = ((performance.now() - started) * 1_000) / count;
  const { node, redis, store } = spentSince(before, spentBy(services));
  return { cpu: (node + redis + store) / count, time };
}

/** Entries acknowledged and not in an inbox, and entries that are there twice. */
async function check(one: Filled): Promise<{ messages: number; lost: number; duplicated: number }> {
  const found = { messages: 0, lost: 0, duplicated: 0 };
  for (const [conversation, seqs] of one.acknowledged) {
    const { seen, duplicated } = await readBack(one.storage, conversation, conversation.head);
    found.messages += seqs.size;
    found.duplicated += duplicated;
    for (const ofUser of seen) for (const seq of seqs) if (!ofUser.has(seq)) found.lost += 1;
  }
  return found;
}

async function ownDatabase({ store, folder }: BenchServices, size: Size): Promise<StoreSettings> {
  const name = nameOf(size);
  if (store.kind === 'sqlite') return { kind: 'sqlite', path: join(folder, `${name}.db`) };
  if (store.kind === 'postgres-mongo') throw new Error('growth runs on stores of one database');
  const url = new URL(store.url);
  if (store.kind === 'postgres') await query(store.url, `CREATE DATABASE ${name}`);
  else {
    const connection = await mysql.createConnection(store.url);
    await connection.query(`CREATE DATABASE ${name}`);
    await connection.end();
  }
  url.pathname = `/${name}`;
  return { kind: store.kind, url: url.href };
}

/** As a running deployment has it: counters that are trusted, and a store that has tidied up, as autovacuum does. */
async function settle({ store }: BenchServices, sizes: readonly Size[], quick: boolean): Promise<void> {
  if (!quick) await sleep(COUNTERS_TRUSTED_AFTER);
  if (store.kind !== 'postgres') return;
  for (const size of sizes) {
    const url = new URL(store.url);
    url.pathname = `/${nameOf(size)}`;
    await query(url.href, 'VACUUM ANALYZE');
  }
  await query(store.url, 'CHECKPOINT');
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

function nameOf({ messages, conversations }: Size): string {
  return `m${messages}c${conversations}`;
}

function labelOf({ messages, conversations }: Size): string {
  return `${messages.toLocaleString('en-US')} stored in ${conversations.toLocaleString('en-US')}`;
}
