import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KeptEvent, type LocalStore, memoryLocalStore } from '@tidemark/client';
import type { Event, UserId } from '@tidemark/core';
import { seededRandom } from '../builders/seeded-ids.ts';
import type { DumpedConversation, DumpedEdit, DumpedReaction } from '../checker/history.ts';
import { type DeviceAdapter, defaultAdapter } from './device-adapter.ts';
import { type DeviceSession, openSession } from './device-session.ts';
import { deviceTraffic } from './device-traffic.ts';
import { historyWriter } from './history-writer.ts';
import { answerCalls, tellReady } from './node-program.ts';
import { headOf, recordingStore } from './recording-store.ts';

/** What the run tells a device program at its start. */
export interface DeviceSettings {
  readonly userId: string;
  readonly deviceId: string;
  readonly users: readonly string[];
  readonly urls: readonly string[];
  readonly folder: string;
  readonly seed: number;
  /** Acts per second. */
  readonly rate: number;
  /** Whether it takes part in the traffic at once: one that was killed in the midst of it goes on. */
  readonly busy: boolean;
  /** Counts the starts of this device, from 1. */
  readonly life: number;
}

/** The environment variable with the {@link DeviceSettings}, as JSON. */
export const DEVICE_SETTINGS = 'TIDEMARK_VERIFY_DEVICE';

/** What a device answers when asked how far it is. */
export interface DeviceStatus {
  /** `null` when it is not live. */
  readonly cursor: string | null;
  /** What still moves, for people; empty when nothing does. */
  readonly busyWith: string;
}

const PAGES = 10_000;

/**
 * The device program: one device of one user on the real client, in a process of its own. Runs until its run ends. Call it
 * from a program of your own to hand in how your application is reached.
 */
export function runDevice(overrides: Partial<DeviceAdapter> = {}): void {
  const adapter: DeviceAdapter = { ...defaultAdapter, ...overrides };
  const settings = JSON.parse(process.env[DEVICE_SETTINGS] ?? '{}') as DeviceSettings;
  const { userId, deviceId, folder } = settings;
  const head = headOf(settings);
  const history = historyWriter(folder, `device ${userId}/${deviceId}`);
  const file = join(folder, `device-${userId}-${deviceId}.db`);
  const kept: LocalStore = adapter.store?.(file) ?? memoryLocalStore();
  const store = recordingStore(kept, settings, history);
  // Seeded by name and life, so that no device does what another does, or what it did before.
  const random = seededRandom(hash(`${settings.seed} ${userId}/${deviceId} ${settings.life}`));

  let session: DeviceSession | undefined = open();
  let returning: NodeJS.Timeout | undefined;

  function open(): DeviceSession {
    return openSession({ ...settings, adapter, store, history, random });
  }
  async function goAway(ms: number): Promise<void> {
    const leaving = session;
    session = undefined;
    await leaving?.close();
    returning = setTimeout(comeBack, ms);
  }
  function comeBack(): void {
    clearTimeout(returning);
    returning = undefined;
    session ??= open();
  }

  const traffic = deviceTraffic({
    ...settings,
    adapter,
    history,
    random,
    client: () => session?.client,
    goAway: (ms) => void goAway(ms),
    life: `${settings.life}`,
  });
  if (settings.busy) traffic.start();

  async function status(): Promise<DeviceStatus> {
    if (returning !== undefined) comeBack();
    if (!session) return { cursor: null, busyWith: 'closing' };
    const { client, cursor } = session;
    const { state } = client.connection.getSnapshot();
    if (state !== 'live') return { cursor: null, busyWith: state };
    const { drafts, conversations } = await kept.load();
    const pending = drafts.filter((draft) => draft.failure === null).length;
    const unsent = conversations.filter((row) => row.unsentReadSeq !== null || row.stale !== null).length;
    const busyWith = [
      [pending, 'drafts'],
      [unsent, 'conversations to be refreshed or marked'],
      [traffic.open, 'open operations'],
    ] as const;
    return {
      cursor,
      busyWith: busyWith.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : [])).join(', '),
    };
  }

  async function dump(fresh: boolean): Promise<void> {
    if (!session) throw new Error('the device is away');
    const { client } = session;
    const { conversations: rows } = await kept.load();
    for (const { conversationId } of rows) {
      const { messages } = client.conversation(conversationId);
      for (let page = 0; page < PAGES; page += 1) {
        await messages.loadOlder();
        if (!messages.getSnapshot().hasOlder) break;
      }
    }
    const state = await kept.load();
    const conversations: DumpedConversation[] = [];
    for (const row of state.conversations) {
      const { conversationId, member, head: newest, joinedSeq, readSeq, unread, unreadMentions } = row;
      const held: readonly KeptEvent[] = await kept.events({ conversationId, after: 0, limit: 1_000_000 });
      const events = held.map(({ registers: _, ...event }) => event as Event);
      const known = {
        edited: held.flatMap(editOf),
        reactions: held.flatMap(reactionsOf),
        revoked: held.flatMap(revokedIn),
      };
      const shown = { conversationId, member, head: newest, joinedSeq, readSeq, unread, unreadMentions };
      conversations.push({ ...shown, events, ...known });
    }
    history.write({
      ...head,
      type: 'device-dump',
      fresh,
      cursor: state.cursor,
      conversations,
      drafts: state.drafts.map(({ clientMessageId, failure }) => ({ clientMessageId, failed: failure !== null })),
    });
  }

  answerCalls({
    status,
    dump,
    'start-traffic': () => traffic.start(),
    'stop-traffic': () => traffic.stop(),
    'create-group': (memberIds: readonly UserId[]) => traffic.createGroup(memberIds),
  });
  process.once('SIGTERM', async () => {
    traffic.stop();
    // Whatever hangs must not keep the process: what matters is in the store.
    await Promise.race([session?.close(), sleep(2_000)]);
    process.exit();
  });
  tellReady();
}

/** Of the version that the device shows of a message. */
function editOf({ conversationSeq, registers = [] }: KeptEvent): DumpedEdit[] {
  return registers.flatMap(({ name, value, seq }) =>
    name === 'content' && value ? [{ conversationSeq, seq, version: value.version }] : [],
  );
}

function revokedIn({ type, conversationSeq, registers = [] }: KeptEvent): number[] {
  return type === 'message.erased' && registers.some(({ name }) => name === 'revoked') ? [conversationSeq] : [];
}

/** As the client shows them. */
function reactionsOf({ conversationSeq, registers = [] }: KeptEvent): DumpedReaction[] {
  const own = new Set(registers.flatMap(({ name, key, value }) => (name === 'reaction' && value ? [key] : [])));
  return registers.flatMap(({ name, key, value }) =>
    name === 'reactions' && value
      ? [{ conversationSeq, key, count: value.count, newest: value.newest, mine: own.has(key) }]
      : [],
  );
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return value >>> 0;
}
