import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ConversationId,
  type ConversationSummary,
  type Event,
  parseCursor,
  type Seq,
  type UserId,
} from '@tidemark/core';
import type { HistoryRecord } from '../checker/history.ts';
import type { RunDevice } from './device-process.ts';
import type { HistoryWriter } from './history-writer.ts';
import type { Deployment } from './system.ts';

type Stores = Awaited<ReturnType<Deployment['openStores']>>;

const POLL_MS = 250;
/** Everything must stay as it is for so long: a command that nobody waits for any more may still be in the queue. */
const STILL_MS = 1_500;
const PAGE = 500;

/** Waits until nothing moves any more, and says who is behind when that does not come in time. */
export async function untilQuiet(
  devices: readonly RunDevice[],
  stores: Stores,
  timeoutMs: number,
  onBehind: (waitingFor: string) => void,
): Promise<{ readonly quiet: true } | { readonly quiet: false; readonly waitingFor: string }> {
  const users = [...new Set(devices.map((device) => device.userId as UserId))];
  const deadline = performance.now() + timeoutMs;
  let still: { readonly heads: string; readonly since: number } | undefined;
  /** Those to be asked: asking all of them all the time would keep busy what is to come to rest. */
  let asked = devices;
  for (;;) {
    const heads = await headsOf(users, stores);
    const answers = await Promise.all(asked.map(async (device) => ({ device, ...(await device.status()) })));
    const behind = answers.flatMap(({ device, cursor, busyWith }) => {
      const head = heads.get(device.userId) ?? 0;
      const at = cursor === null ? undefined : parseCursor(cursor).seq;
      if (busyWith === '' && at === head) return [];
      return [{ device, what: `${device.name} (${busyWith === '' ? `at ${at} of ${head}` : busyWith})` }];
    });
    const now = performance.now();
    const waitingFor = behind.length > 0 ? behind.map(({ what }) => what).join(', ') : 'inboxes that still grow';
    if (behind.length > 0) {
      asked = behind.map(({ device }) => device);
      still = undefined;
    } else if (asked.length < devices.length || JSON.stringify([...heads]) !== still?.heads) {
      asked = devices;
      still = { heads: JSON.stringify([...heads]), since: now };
    } else if (now - still.since >= STILL_MS) {
      return { quiet: true };
    }
    onBehind(waitingFor);
    if (now > deadline) return { quiet: false, waitingFor };
    await sleep(POLL_MS);
  }
}

async function headsOf(users: readonly UserId[], { inbox }: Stores): Promise<Map<string, number>> {
  const bounds = await inbox.bounds(users);
  return new Map(users.map((user) => [user, bounds.get(user)?.head ?? 0]));
}

/**
 * Writes what the stores hold into the history. A conversation is found by an inbox, by a member's list, or by what observers
 * wrote: one whose rows a crash left out, and nobody has touched since, is in no inbox.
 *
 * @param seen what observers wrote so far
 */
export async function dumpStores(
  users: readonly string[],
  stores: Stores,
  seen: readonly HistoryRecord[],
  history: HistoryWriter,
): Promise<void> {
  const conversations = new Set<ConversationId>(seen.flatMap(conversationsIn));
  for (const userId of users as readonly UserId[]) {
    const { floor, head } = (await stores.inbox.bounds([userId])).get(userId) ?? { floor: 0 as Seq, head: 0 as Seq };
    const entries: { seq: Seq; conversationId: ConversationId | null; conversationSeq: number | null }[] = [];
    for (let after = 0; ; ) {
      const page = await stores.inbox.range(userId, after, PAGE);
      for (const { seq, ref } of page) {
        if (ref) conversations.add(ref.conversationId);
        entries.push({
          seq,
          conversationId: ref?.conversationId ?? null,
          conversationSeq: ref?.conversationSeq ?? null,
        });
        after = seq;
      }
      if (page.length < PAGE) break;
    }
    history.write({ type: 'inbox-dump', userId, epoch: stores.inbox.epoch, head, floor, entries });
    for await (const conversationId of listedFor(userId, stores)) conversations.add(conversationId);
  }
  const states = await stores.history.load([...conversations]);
  for (const [conversationId, state] of states) {
    const refs = Array.from({ length: state.head }, (_, index) => ({
      conversationId,
      conversationSeq: (index + 1) as never,
    }));
    const events: Event[] = [];
    for (let from = 0; from < refs.length; from += PAGE) {
      events.push(...(await stores.history.findByRef(refs.slice(from, from + PAGE))));
    }
    events.sort((a, b) => a.conversationSeq - b.conversationSeq);
    history.write({ type: 'log-dump', conversationId, events });
  }
}

async function* listedFor(userId: UserId, { history }: Stores): AsyncGenerator<ConversationId> {
  for (let after: ConversationSummary | undefined; ; ) {
    const { conversations, hasMore } = await history.conversations({ userId, limit: PAGE, after });
    for (const { conversationId } of conversations) yield conversationId;
    after = conversations.at(-1);
    if (!hasMore) return;
  }
}

function conversationsIn(record: HistoryRecord): ConversationId[] {
  if (record.type === 'ok') return [record.receipt?.conversationId, record.conversationId].filter(isNamed);
  if (record.type === 'commit' || record.type === 'publish') return record.events.map((event) => event.conversationId);
  return [];
}

function isNamed(id: ConversationId | undefined): id is ConversationId {
  return id !== undefined;
}
