import type { ConversationItem, MessageIds, StoredHandle } from '@tidemark/client';
import {
  type CommandResult,
  type ContentMap,
  type ConversationId,
  type MentionsInput,
  type Random,
  TidemarkError,
} from '@tidemark/core';
import type { Operation } from '../checker/history.ts';
import type { DeviceAdapter } from './device-adapter.ts';
import type { DeviceClient } from './device-session.ts';
import type { HistoryWriter } from './history-writer.ts';
import { headOf } from './recording-store.ts';

/** How often a device does what, by weight. */
const MIX: readonly (readonly [act: Act, weight: number])[] = [
  ['send', 62],
  ['edit', 8],
  ['react', 8],
  ['revoke', 4],
  ['read', 10],
  ['away', 3],
  ['create', 1],
  ['add', 2],
  ['remove', 2],
  ['leave', 1],
];
type Act = 'send' | 'edit' | 'react' | 'revoke' | 'read' | 'away' | 'create' | 'add' | 'remove' | 'leave';

/** Sends on their way at the same time; a device that has so many waits, which is how the rate follows the servers. */
const IN_FLIGHT = 4;
/** Messages of its own that a device may edit: few, so that edits of different devices and lives meet. */
const EDITABLE = 5;
/** Reactions that a device may switch again, and what it reacts with: few, so that switches of users, devices and lives meet. */
const REACTED = 3;
const REACTIONS = ['👍', '❤️'] as const;
/** A group of a run stays small enough to be judged, and its name says that membership moves. */
const GROUPS = 12;
const DIRECT_SHARE = 0.4;
/** Of messages, that reply to what was said last. */
const REPLY_SHARE = 0.2;
/** Of messages and edits, that mention somebody, now one and now all. */
const MENTION_SHARE = 0.3;

export interface TrafficOptions {
  readonly userId: string;
  readonly deviceId: string;
  /** All users of the run. */
  readonly users: readonly string[];
  readonly adapter: DeviceAdapter;
  readonly history: HistoryWriter;
  readonly random: Random;
  /** Acts per second, on average. */
  readonly rate: number;
  /** The client of the moment; `undefined` while the device is away. */
  readonly client: () => DeviceClient | undefined;
  readonly goAway: (ms: number) => void;
  /** Distinguishes the texts and operations of this life of the device from those of earlier ones. */
  readonly life: string;
}

/** What a device reacts to, and what with. */
interface Reaction {
  readonly message: MessageIds & { readonly conversationId: ConversationId };
  readonly key: string;
}

/** What people do with a device: it sends, edits, reacts, revokes, reads, creates groups, changes members, goes away and comes back. */
export interface DeviceTraffic {
  start(): void;
  stop(): void;
  createGroup(memberIds: readonly string[]): Promise<void>;
  /** Operations other than sends whose outcome is not known yet. */
  readonly open: number;
}

export function deviceTraffic(options: TrafficOptions): DeviceTraffic {
  const { users, adapter, history, random, userId } = options;
  const head = headOf(options);
  const others = users.filter((each) => each !== userId);
  let timer: NodeJS.Timeout | undefined;
  let inFlight = 0;
  let open = 0;
  let count = 0;
  /** Edits and reactions on their way. */
  let changes = 0;
  /** Of this life, to messages of anybody, the newest. */
  const reacted: Reaction[] = [];
  /** Own messages that are stored, of this life, the newest. */
  const said: { readonly conversationId: ConversationId; readonly clientMessageId: string }[] = [];

  function pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(random() * from.length)];
  }

  function nextId(): string {
    count += 1;
    return `${userId}.${options.deviceId}.${options.life}.${count}`;
  }

  async function record(operation: Operation, run: () => Promise<CommandResult | undefined>): Promise<void> {
    const operationId = nextId();
    history.write({ ...head, type: 'invoke', operationId, operation });
    open += 1;
    try {
      const result = await run();
      const conversationId = operation.kind === 'create' ? result?.conversationId : undefined;
      history.write({ ...head, type: 'ok', operationId, ...(conversationId !== undefined && { conversationId }) });
    } catch (error) {
      const isFinal = error instanceof TidemarkError && error.policy === 'give-up';
      if (isFinal) history.write({ ...head, type: 'fail', operationId, code: error.code, detail: error.detail });
      else history.write({ ...head, type: 'unknown', operationId, detail: String(error) });
    } finally {
      open -= 1;
    }
  }

  function send(client: DeviceClient): void {
    if (inFlight >= IN_FLIGHT) return;
    const group = random() < DIRECT_SHARE ? undefined : pick(groupsOf(client));
    const peer = pick(others);
    const handle = group ? client.conversation(group.conversationId) : peer ? client.direct(peer) : undefined;
    if (!handle) return;
    const clientMessageId = nextId();
    const message = adapter.message(clientMessageId);
    const { conversationId } = handle;
    const last = random() < REPLY_SHARE ? handle.item.getSnapshot()?.lastMessage : undefined;
    const reply = last ? ({ isReply: true } as const) : {};
    const operation: Operation = { kind: 'send', conversationId, type: message.type, text: clientMessageId, ...reply };
    history.write({ ...head, type: 'invoke', operationId: clientMessageId, operation });
    inFlight += 1;
    const done = (): void => {
      inFlight -= 1;
    };
    const stored = (): void => {
      done();
      said.push({ conversationId, clientMessageId });
      if (said.length > EDITABLE) said.shift();
    };
    // What became of it is written by the session, which hears of it also after a restart.
    handle
      .send(message as { type: string; content: ContentMap[string] }, {
        clientMessageId,
        ...(last && { replyTo: last }),
        ...mentions(),
      })
      .receipt.then(stored, done);
  }

  /** A message that is known to be stored: the draft of another would be written anew, and be another message than was noted. */
  function edit(client: DeviceClient): void {
    const message = pick(said);
    if (!message || changes >= IN_FLIGHT) return;
    const { conversationId, clientMessageId: target } = message;
    const commandId = nextId();
    history.write({
      ...head,
      type: 'invoke',
      operationId: commandId,
      operation: { kind: 'edit', conversationId, target },
    });
    const content = adapter.message(commandId) as { type: string; content: ContentMap[string] };
    const handle = client.conversation(conversationId);
    follow(
      commandId,
      handle.edit({ senderId: userId, clientMessageId: target }, content, { commandId, ...mentions() }),
    );
  }

  function mentions(): { mentions?: MentionsInput } {
    const user = random() < MENTION_SHARE ? pick(others) : undefined;
    if (user === undefined) return {};
    return { mentions: random() < 0.2 ? { all: true } : { users: [user] } };
  }

  /** Most often to what this device has reacted to before: to take it back, or to ask for what is so already. */
  function react(client: DeviceClient): void {
    if (changes >= IN_FLIGHT) return;
    const again = random() < 0.7 ? pick(reacted) : undefined;
    const reaction = again ?? newReaction(client);
    if (!reaction) return;
    const { message, key } = reaction;
    const { conversationId, clientMessageId: target } = message;
    const on = !again || random() < 0.5;
    const commandId = nextId();
    const operation: Operation = { kind: 'react', conversationId, target, key, on };
    history.write({ ...head, type: 'invoke', operationId: commandId, operation });
    follow(commandId, client.conversation(conversationId).react(message, key, on, { commandId }));
  }

  /** Of its own, some of which it has edited and others are reacting to; often twice. */
  function revoke(client: DeviceClient): void {
    const message = pick(said);
    if (!message || changes >= IN_FLIGHT) return;
    const { conversationId, clientMessageId: target } = message;
    const commandId = nextId();
    history.write({
      ...head,
      type: 'invoke',
      operationId: commandId,
      operation: { kind: 'revoke', conversationId, target },
    });
    const handle = client.conversation(conversationId);
    follow(commandId, handle.revoke({ senderId: userId, clientMessageId: target }, { commandId }));
  }

  /** To what was said last where something was: others react to it too, and the user's other devices. */
  function newReaction(client: DeviceClient): Reaction | undefined {
    const message = client.conversations.getSnapshot()[0]?.lastMessage;
    const key = pick(REACTIONS);
    if (!message || !key) return undefined;
    const reaction = { message, key };
    reacted.push(reaction);
    if (reacted.length > REACTED) reacted.shift();
    return reaction;
  }

  /** A refusal is written by the session, which hears of it also after a restart. */
  function follow(operationId: string, { stored }: StoredHandle): void {
    changes += 1;
    stored
      .then(() => history.write({ ...head, type: 'ok', operationId }))
      .catch(() => undefined)
      .finally(() => {
        changes -= 1;
      });
  }

  function read(client: DeviceClient): void {
    const unread = client.conversations.getSnapshot().filter((item) => item.unread > 0 && item.lastMessage !== null);
    const item = pick(unread);
    if (!item?.lastMessage) return;
    const { conversationId } = item;
    const readSeq = item.lastMessage.conversationSeq;
    void record({ kind: 'read', conversationId, readSeq }, async () => {
      await client.conversation(conversationId).markRead(readSeq);
      return undefined;
    });
  }

  async function createGroup(client: DeviceClient, memberIds: readonly string[]): Promise<void> {
    const operation: Operation = { kind: 'create', memberIds: memberIds as never };
    await record(operation, () => client.createGroup({ title: `of ${userId}`, memberIds }));
  }

  function changeMembers(client: DeviceClient, kind: 'add' | 'remove'): void {
    const conversationId = pick(groupsOf(client))?.conversationId;
    const other = pick(others);
    if (conversationId === undefined || other === undefined) return;
    const memberIds = [other];
    const handle = client.conversation(conversationId);
    void record({ kind, conversationId, memberIds: memberIds as never }, () =>
      kind === 'add' ? handle.addMembers(memberIds) : handle.removeMembers(memberIds),
    );
  }

  const acts: Readonly<Record<Act, (client: DeviceClient) => void>> = {
    send,
    edit,
    react,
    revoke,
    read,
    away: () => options.goAway(200 + random() * 3_000),
    create: (client) => {
      if (groupsOf(client).length >= GROUPS) return;
      void createGroup(client, [...new Set([pick(others), pick(others), pick(others)])].filter(isNamed));
    },
    add: (client) => changeMembers(client, 'add'),
    remove: (client) => changeMembers(client, 'remove'),
    leave: (client) => {
      const groups = groupsOf(client);
      const conversationId = groups.length > 1 ? pick(groups)?.conversationId : undefined;
      if (conversationId === undefined) return;
      void record({ kind: 'leave', conversationId }, () => client.conversation(conversationId).leave());
    },
  };

  function schedule(): void {
    // Exponential, as the gaps between independent acts are.
    const wait = Math.min(5_000, (-Math.log(1 - random()) / options.rate) * 1_000);
    timer = setTimeout(() => {
      schedule();
      const client = options.client();
      if (client) acts[draw(random)](client);
    }, wait);
  }

  return {
    start: () => {
      if (timer === undefined) schedule();
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
    createGroup: async (memberIds) => {
      const client = options.client();
      if (client) await createGroup(client, memberIds);
    },
    get open() {
      return open;
    },
  };
}

function groupsOf(client: DeviceClient): ConversationItem<ContentMap>[] {
  return client.conversations.getSnapshot().filter((item) => item.kind === 'group');
}

function draw(random: Random): Act {
  let left = random() * MIX.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [act, weight] of MIX) {
    left -= weight;
    if (left < 0) return act;
  }
  return 'send';
}

function isNamed(name: string | undefined): name is string {
  return name !== undefined;
}
