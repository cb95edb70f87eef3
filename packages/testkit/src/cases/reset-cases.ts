import type { Event, HistoryStore, InboxRow, InboxStore, Seq, Storage } from '@tidemark/core';
import { UnavailableError } from '@tidemark/core';
import { expect } from 'vitest';
import { conversationBuilder } from '../builders/conversation-builder.ts';
import { batchFor, refOf, rowsFor, type SeqCounter, seqCounter } from '../builders/seq-counter.ts';
import type { ConformanceCase, OpenedHistory, OpenedInbox, OpenedStorage, StoreNetwork } from '../conformance-case.ts';
import { type CuttingProxy, startCuttingProxy } from '../faults/cutting-proxy.ts';
import { patiently } from '../writer-model.ts';
import { appended, keyOf } from './history-assertions.ts';

/** More pieces than any call takes, those of a new connection among them. */
const MOST_PIECES = 200;

/** Connections are reset before every piece of a call and its answer, and in the midst of each. */
export const historyResetCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'reset: at any point of a call, a history says that it may pass, and has all of it or nothing',
    run: async (open) => {
      await using opened = await open();
      const chat = conversationBuilder();
      await appended(opened.history, [chat.created]);
      const { conversationId } = chat;
      const [alice] = chat.created.memberIds;
      if (!alice) throw new Error('a conversation has a member');
      const commands = [keyOf(chat.created)];
      const refs = [refOf(chat.created)];
      const refusal = (n: number) =>
        ({ ...keyOf(chat.created), conversationId, retry: n, text: 'forbidden: no', at: 1_000 + n }) as const;
      let refusals = 0;
      const reads: Record<string, (history: HistoryStore) => Promise<unknown>> = {
        load: (history) => history.load([conversationId]),
        findByCommand: (history) => history.findByCommand(commands),
        findByRef: (history) => history.findByRef(refs),
        memberships: (history) => history.memberships([conversationId]),
        range: (history) => history.range({ userId: alice, conversationId, limit: 5 }),
        conversations: (history) => history.conversations({ userId: alice, limit: 5 }),
        newestRefusals: (history) => history.newestRefusals(0, 1),
        undelivered: (history) => history.undelivered(),
        keepRefusals: (history) => history.keepRefusals([refusal(refusals++)]),
      };
      await throughResets(opened.network, async (store, cuts) => {
        const log: Event[] = [chat.created];
        await cuts('append', () => {
          const event = chat.message();
          return {
            call: () => store.append([event]),
            check: async (isDone) => {
              const stored = await opened.history.findByRef([refOf(event)]);
              if (isDone || stored.length > 0) expect(stored).toEqual([event]);
              log.push(event);
              const head = (await opened.history.load([conversationId])).get(conversationId)?.head;
              expect(head).toBe(log.length - 1 + stored.length);
              if (stored.length === 0) await appended(store, [event]);
            },
          };
        });
        for (const [name, read] of Object.entries(reads)) await cuts(name, () => ({ call: () => read(store) }));
      });
    },
  },
];

export const inboxResetCases: readonly ConformanceCase<OpenedInbox>[] = [
  {
    name: 'reset: at any point of a call, an inbox says that it may pass, and has a beginning of the rows',
    run: async (open) => {
      await using opened = await open();
      const { inbox } = opened;
      const chat = conversationBuilder();
      const counter = seqCounter();
      const { memberIds } = chat.created;
      const [alice] = memberIds;
      if (!alice) throw new Error('a conversation has a member');
      const first = rowsFor(chat, chat.events, counter);
      expect(await inbox.append(first)).toEqual({ conflict: undefined });
      const deliveries = memberIds.map((userId) => ({ userId, ref: refOf(chat.created) }));
      const reads: Record<string, (store: InboxStore) => Promise<unknown>> = {
        find: (store) => store.find(deliveries),
        range: (store) => store.range(alice, 0, 10),
        seqs: (store) => store.seqs(alice, 0, 10),
        bounds: (store) => store.bounds(memberIds),
        purge: (store) => store.purge(0, 10),
      };
      await throughResets(opened.network, async (store, cuts) => {
        await cuts('append', () => {
          const rows = rowsFor(chat, [chat.message()], counter);
          return {
            call: () => store.append(rows),
            check: async (isDone) => {
              const missing = await missingOf(inbox, rows);
              if (isDone) expect(missing).toEqual([]);
              // A beginning of them is there.
              expect(missing).toEqual(rows.slice(rows.length - missing.length));
              if (missing.length > 0)
                expect(await patiently(() => store.append(missing))).toEqual({ conflict: undefined });
            },
          };
        });
        await cuts('fillVoids', () => {
          const seq = counter.next(alice);
          return {
            call: () => store.fillVoids(alice, [seq], 1_000),
            check: async (isDone) => {
              if (isDone) expect(await inbox.seqs(alice, seq - 1, 1)).toEqual([seq]);
              await patiently(() => store.fillVoids(alice, [seq], 1_000));
            },
          };
        });
        for (const [name, read] of Object.entries(reads)) await cuts(name, () => ({ call: () => read(store) }));
        const seqs = await inbox.seqs(alice, 0, 10_000);
        expect(seqs).toEqual(seqs.map((_, index) => (index + 1) as Seq));
      });
    },
  },
];

export const commitResetCases: readonly ConformanceCase<OpenedStorage>[] = [
  {
    name: 'reset: at any point of a commit, it may pass, nothing is half written, and the batch can be repeated',
    run: async (open) => {
      await using opened = await open();
      const { storage } = opened;
      const chat = conversationBuilder();
      const counter: SeqCounter = seqCounter();
      await storage.commit(batchFor(chat, chat.events, counter));
      await throughResets(opened.network, async (store: Storage, cuts) => {
        const commit = () => {
          const event = chat.message();
          const batch = batchFor(chat, [event], counter);
          return {
            call: () => store.commit(batch),
            check: async (isDone: boolean) => {
              const stored = await storage.history.findByRef([refOf(event)]);
              const missing = await missingOf(storage.inbox, batch.rows);
              if (isDone) expect(stored).toHaveLength(1);
              if (isDone || (stored.length > 0 && storage.capabilities.atomic)) expect(missing).toEqual([]);
              if (stored.length === 0) expect(missing).toEqual(batch.rows);
              const rest = { events: stored.length > 0 ? [] : [event], rows: missing };
              expect(await patiently(() => store.commit(rest))).toEqual({ conflict: undefined });
            },
          };
        };
        await cuts('commit', commit);
      });
    },
  },
];

async function missingOf(inbox: InboxStore, rows: readonly InboxRow[]): Promise<InboxRow[]> {
  const found = await inbox.find(rows.flatMap(({ userId, ref }) => (ref ? [{ userId, ref }] : [])));
  const have = new Set(found.map(({ userId, seq }) => `${userId} ${seq}`));
  return rows.filter(({ userId, seq }) => !have.has(`${userId} ${seq}`));
}

interface Attempt {
  readonly call: () => Promise<unknown>;
  /** Looks at what the call left, and finishes it. @param isDone it resolved */
  readonly check?: (isDone: boolean) => Promise<void>;
}

type Cuts = (name: string, attempt: () => Attempt) => Promise<void>;

/** Does `work` on a store behind a proxy, where each attempt of `cuts` meets a reset one piece later than the one before. */
async function throughResets<Store>(
  network: StoreNetwork<Store> | undefined,
  work: (store: Store, cuts: Cuts) => Promise<void>,
): Promise<void> {
  if (!network) return;
  await using proxy = await startCuttingProxy(network.server);
  const store = await network.connect(proxy.port);
  await work(store, async (name, attempt) => {
    for (const when of ['before', 'midway'] as const) await cutEach(proxy, `${name}, ${when}`, when, attempt);
  });
}

async function cutEach(
  proxy: CuttingProxy,
  name: string,
  when: 'before' | 'midway',
  attempt: () => Attempt,
): Promise<void> {
  for (let nth = 0; nth < MOST_PIECES; nth++) {
    const { call, check } = attempt();
    proxy.arm(nth, when);
    const failure = await call().then(
      () => undefined,
      (error: unknown) => error,
    );
    const wasCut = proxy.disarm();
    // Anything else would be taken for the command's own fault.
    if (failure !== undefined) expect(failure, `${name} piece ${nth}`).toBeInstanceOf(UnavailableError);
    await check?.(failure === undefined);
    // It works as before, and connections are there for the next one.
    if (failure !== undefined && !check) await patiently(call);
    // A call of which nothing passes the proxy would prove nothing.
    if (nth === 0) expect(wasCut, name).toBe(true);
    if (!wasCut) return;
  }
  throw new Error(`${name} did not end after ${MOST_PIECES} pieces`);
}
