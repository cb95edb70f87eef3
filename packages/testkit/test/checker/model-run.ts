import {
  type CommandId,
  type ConversationId,
  type Cursor,
  type Epoch,
  type Event,
  formatCursor,
  type InboxEntry,
  type MessageEdited,
  type MessageSent,
  type Receipt,
  type ResetReason,
  type UserId,
} from '@tidemark/core';
import { type ConversationBuilder, conversationBuilder, reactorsIn, seededIds, seqCounter } from '@tidemark/testkit';
import type {
  DumpedConversation,
  DumpedEdit,
  DumpedReaction,
  HistoryRecord,
  Operation,
  RecordOf,
} from '../../src/checker/history.ts';

export interface ModelDevice {
  readonly userId: UserId;
  readonly deviceId: string;
  online: boolean;
  /** null: new. */
  cursor: number | null;
  epoch: Epoch;
  /** What it applied or was given by a snapshot since its last reset. */
  known: Set<ConversationId>;
}

export interface SendOptions {
  readonly text?: string;
  /** What the device is told; `ok` unless set. `open`: nothing. */
  readonly told?: 'ok' | 'unknown' | 'fail' | 'open';
  /** Whether it happens; unless set it does, but for a refusal. */
  readonly stored?: boolean;
}

/** What the records of a type are before they are stamped with time and observer. */
type Body<T extends HistoryRecord['type']> =
  RecordOf<T> extends infer R ? (R extends unknown ? Omit<R, 'at' | 'by'> : never) : never;

/**
 * A system too small to be wrong: one log, dense inboxes, devices that apply in order. It writes the history a run of it
 * leaves, step by step, each record a millisecond after the one before.
 */
export class ModelRun {
  readonly records: HistoryRecord[] = [];
  readonly ids = seededIds();
  readonly devices = new Map<string, ModelDevice>();
  readonly #inboxes = new Map<UserId, InboxEntry[]>();
  readonly #floors = new Map<UserId, number>();
  readonly #chats: ConversationBuilder[] = [];
  readonly #selves = new Map<UserId, ConversationBuilder>();
  #counter = seqCounter();
  #epoch = 'e1' as Epoch;
  #at = 0;

  /** @param names `alice/1`, `alice/2`, `bob/1` … */
  constructor(names: readonly string[], retentionMs = 1_000_000) {
    const ofUsers: Record<string, string[]> = {};
    for (const name of names) {
      const [user = '', deviceId = ''] = name.split('/');
      const userId = this.user(user);
      ofUsers[userId] = [...(ofUsers[userId] ?? []), deviceId];
      this.devices.set(name, { userId, deviceId, online: false, cursor: null, epoch: this.#epoch, known: new Set() });
    }
    this.#write('harness', {
      type: 'run',
      configuration: 'model',
      seed: 1,
      seconds: 1,
      devices: ofUsers,
      retentionMs,
    });
    for (const name of names) this.resume(name);
  }

  user(name: string): UserId {
    return this.ids.userId(name);
  }

  device(name: string): ModelDevice {
    const device = this.devices.get(name);
    if (!device) throw new Error(`no device ${name}`);
    return device;
  }

  tick(ms: number): void {
    this.#at += ms;
  }

  group(creator: string, ...members: readonly string[]): ConversationBuilder {
    const { userId } = this.device(creator);
    const memberIds = members.map((name) => this.user(name));
    const chat = conversationBuilder({ ids: this.ids, memberIds: [userId, ...memberIds] });
    this.#chats.push(chat);
    const operationId = this.#invoke(creator, { kind: 'create', memberIds });
    this.#store(chat, [chat.created]);
    this.#tell(creator, operationId, { type: 'ok', conversationId: chat.conversationId });
    return chat;
  }

  direct(a: string, b: string): ConversationBuilder {
    const memberIds = [this.user(a), this.user(b)].sort();
    const chat = conversationBuilder({ ids: this.ids, kind: 'direct', memberIds });
    this.#chats.push(chat);
    this.#store(chat, [chat.created]);
    return chat;
  }

  /** Returns the operationId. */
  send(
    name: string,
    chat: ConversationBuilder,
    { text = 'hello', told = 'ok', stored = told !== 'fail' }: SendOptions = {},
  ) {
    const { userId } = this.device(name);
    const { conversationId } = chat;
    const operationId = this.#invoke(name, { kind: 'send', conversationId, type: 'text', text });
    let event: MessageSent | undefined;
    if (stored) {
      event = chat.message({ from: userId, content: { text }, commandId: operationId as CommandId });
      this.#store(chat, [event]);
    }
    if (told === 'ok' && event) this.#tell(name, operationId, { type: 'ok', receipt: receiptOf(event) });
    if (told === 'unknown') this.#tell(name, operationId, { type: 'unknown', detail: 'no answer' });
    if (told === 'fail') this.#tell(name, operationId, { type: 'fail', code: 'forbidden', detail: 'refused' });
    return operationId;
  }

  /** Of a message of the device's own user. */
  edit(name: string, chat: ConversationBuilder, target: string): void {
    const { conversationId } = chat;
    const operationId = this.#invoke(name, { kind: 'edit', conversationId, target });
    const message = chat.events.find((each): each is MessageSent => each.commandId === target) as MessageSent;
    this.#store(chat, [chat.edit(message, { commandId: operationId as CommandId })]);
    this.#tell(name, operationId, { type: 'ok' });
  }

  /** To a message of anybody; what is so already changes nothing. */
  react(name: string, chat: ConversationBuilder, target: string, key: string, on = true): void {
    const { conversationId } = chat;
    const { userId } = this.device(name);
    const operationId = this.#invoke(name, { kind: 'react', conversationId, target, key, on });
    const message = chat.events.find((each): each is MessageSent => each.commandId === target) as MessageSent;
    const users = reactorsIn(chat.events, message.conversationSeq).get(key)?.users ?? [];
    if (users.includes(userId) !== on) {
      this.#store(chat, [chat.react(message, key, { from: userId, on, commandId: operationId as CommandId })]);
    }
    this.#tell(name, operationId, { type: 'ok' });
  }

  /** A message of the device's own user; what is so already changes nothing. */
  revoke(name: string, chat: ConversationBuilder, target: string): void {
    const { conversationId } = chat;
    const operationId = this.#invoke(name, { kind: 'revoke', conversationId, target });
    const message = chat.events.find(({ commandId }) => commandId === target);
    if (message?.type === 'message.sent') {
      const { userId: from } = this.device(name);
      this.#store(chat, [chat.revoke([message], { from, commandId: operationId as CommandId })]);
    }
    this.#tell(name, operationId, { type: 'ok' });
  }

  /** The device learns the receipt of a send whose outcome it did not know, or asks for it again. */
  learn(name: string, chat: ConversationBuilder, operationId: string): void {
    const event = chat.events.find((each): each is MessageSent => each.commandId === operationId);
    if (event) this.#tell(name, operationId, { type: 'ok', receipt: receiptOf(event) });
  }

  add(name: string, chat: ConversationBuilder, member: string): void {
    const memberIds = [this.user(member)];
    const operationId = this.#invoke(name, { kind: 'add', conversationId: chat.conversationId, memberIds });
    this.#store(chat, [chat.add(memberIds, this.device(name).userId)]);
    this.#tell(name, operationId, { type: 'ok' });
  }

  remove(name: string, chat: ConversationBuilder, member: string): void {
    const memberIds = [this.user(member)];
    const operationId = this.#invoke(name, { kind: 'remove', conversationId: chat.conversationId, memberIds });
    this.#store(chat, [chat.remove(memberIds, this.device(name).userId)]);
    this.#tell(name, operationId, { type: 'ok' });
  }

  read(name: string, chat: ConversationBuilder, readSeq: number): void {
    const { userId } = this.device(name);
    const { conversationId } = chat;
    const operationId = this.#invoke(name, { kind: 'read', conversationId, readSeq });
    const own = this.#selves.get(userId) ?? conversationBuilder({ ids: this.ids, kind: 'self', memberIds: [userId] });
    if (!this.#selves.has(userId)) {
      this.#selves.set(userId, own);
      this.#chats.push(own);
      this.#store(own, [own.created]);
    }
    this.#store(own, [own.markRead(conversationId, readSeq)]);
    this.#tell(name, operationId, { type: 'ok' });
  }

  /** A crash left a seq of the user unfilled, and it was closed. */
  void(user: string): void {
    const userId = this.user(user);
    this.#inbox(userId).push({ seq: this.#counter.next(userId), event: null });
    this.#pullAll();
  }

  kill(name: string): void {
    this.#device(name).online = false;
    this.#write('harness', { type: 'crash', target: `device ${name}`, signal: 'SIGKILL', unexpected: false });
  }

  /** The device starts; a new one is reset first. */
  resume(name: string): void {
    const device = this.#device(name);
    device.online = true;
    const held: Record<string, number> = {};
    for (const each of this.#shown(device, true)) held[each.conversationId] = each.head;
    this.#tellOf(name, { type: 'resume', cursor: this.cursor(device), held });
    const floor = this.#floors.get(device.userId) ?? 0;
    if (device.cursor === null) this.reset(name, 'new');
    else if (device.epoch !== this.#epoch) this.reset(name, 'epoch');
    else if (device.cursor < floor) this.reset(name, 'floor');
    this.#pull(name);
    this.#tellOf(name, { type: 'live', cursor: this.cursor(device) as Cursor });
  }

  reset(name: string, reason: ResetReason): void {
    const device = this.#device(name);
    device.cursor = this.#inbox(device.userId).length;
    device.epoch = this.#epoch;
    const current = this.#chats.filter((chat) => chat.state.members.has(device.userId));
    device.known = new Set(current.map((chat) => chat.conversationId));
    this.#tellOf(name, { type: 'reset', reason, cursor: this.cursor(device) as Cursor });
  }

  /** Retention removes the user's entries up to `floor`. */
  purge(user: string, floor: number): void {
    const userId = this.user(user);
    const reached = Math.min(floor, this.#inbox(userId).length);
    this.#floors.set(userId, Math.max(reached, this.#floors.get(userId) ?? 0));
  }

  /** The inbox store was emptied and is another one now: all inboxes begin anew. */
  newEpoch(): void {
    this.#epoch = `e${Number(this.#epoch.slice(1)) + 1}` as Epoch;
    this.#inboxes.clear();
    this.#floors.clear();
    this.#counter = seqCounter();
    for (const name of this.devices.keys()) if (this.device(name).online) this.reset(name, 'epoch');
  }

  fault(kind: string, target: string, { injected = true, over = false } = {}): void {
    const faultId = `f${this.#at}`;
    this.#write('harness', { type: 'fault', faultId, kind, target });
    if (!injected) this.#write('harness', { type: 'not-injected', faultId, kind, target, reason: 'it was down' });
    if (over) this.#write('harness', { type: 'heal', faultId, kind, target });
  }

  memory(target: string, heldBytes: number): void {
    this.#write(target, { type: 'memory', heldBytes, sockets: 1 });
  }

  /** Everything heals, comes to rest, and is dumped, with a fresh device for every user. */
  finish(): HistoryRecord[] {
    this.#write('harness', { type: 'healed' });
    for (const [name, device] of this.devices) if (!device.online) this.resume(name);
    this.#write('harness', { type: 'quiet' });
    for (const userId of new Set([...this.devices.values()].map((device) => device.userId))) {
      const name = `${userId}/fresh`;
      this.devices.set(name, {
        userId,
        deviceId: 'fresh',
        online: false,
        cursor: null,
        epoch: this.#epoch,
        known: new Set(),
      });
      this.resume(name);
      const dump = { type: 'inbox-dump', userId, epoch: this.#epoch, head: this.#inbox(userId).length } as const;
      const floor = this.#floors.get(userId) ?? 0;
      const entries = this.#inbox(userId)
        .slice(floor)
        .map(({ seq, event }) => ({
          seq,
          conversationId: event?.conversationId ?? null,
          conversationSeq: event?.conversationSeq ?? null,
        }));
      this.#write('harness', { ...dump, floor, entries });
    }
    for (const [name, device] of this.devices) {
      this.#tellOf(name, {
        type: 'device-dump',
        fresh: device.deviceId === 'fresh',
        cursor: this.cursor(device),
        conversations: this.#shown(device, false),
        drafts: [],
      });
    }
    for (const { conversationId, events } of this.#chats) {
      this.#write('harness', { type: 'log-dump', conversationId, events: [...events] });
    }
    return this.records;
  }

  cursor(device: ModelDevice): Cursor | null {
    return device.cursor === null ? null : formatCursor(device.epoch, device.cursor);
  }

  #device(name: string): ModelDevice {
    return this.device(name);
  }

  #inbox(userId: UserId): InboxEntry[] {
    const inbox = this.#inboxes.get(userId) ?? [];
    this.#inboxes.set(userId, inbox);
    return inbox;
  }

  #store(chat: ConversationBuilder, events: readonly Event[]): void {
    const startedAt = ++this.#at;
    const refs = events.map(({ conversationId, conversationSeq }) => ({ conversationId, conversationSeq }));
    const committed = events.map((event, index) => ({
      ...(refs[index] as (typeof refs)[number]),
      commandId: event.commandId,
      ...('messageId' in event && { messageId: event.messageId }),
    }));
    for (const event of events) {
      for (const userId of chat.recipientsOf(event)) {
        this.#inbox(userId).push({ seq: this.#counter.next(userId), event });
      }
    }
    this.#write('server 0', { type: 'commit', events: committed, outcome: 'stored', startedAt });
    this.#write('server 0', { type: 'publish', events: refs });
    this.#pullAll();
  }

  #pullAll(): void {
    for (const [name, device] of this.devices) if (device.online) this.#pull(name);
  }

  #pull(name: string): void {
    const device = this.#device(name);
    const entries = this.#inbox(device.userId).slice(device.cursor ?? 0);
    if (entries.length === 0) return;
    device.cursor = entries.at(-1)?.seq ?? device.cursor;
    for (const { event } of entries) if (event) device.known.add(event.conversationId);
    this.#tellOf(name, { type: 'apply', entries, cursor: this.cursor(device) as Cursor });
  }

  /** @param asHeld as far as the device has got, rather than what the log holds by now. */
  #shown(device: ModelDevice, asHeld: boolean): DumpedConversation[] {
    const { userId } = device;
    const applied = new Set(
      this.#inbox(userId)
        .slice(0, device.cursor ?? 0)
        .map(({ event }) => event),
    );
    return this.#chats.flatMap((chat): DumpedConversation[] => {
      const { conversationId, state } = chat;
      if (!device.known.has(conversationId)) return [];
      if (chat.created.kind === 'self' && !asHeld) return [];
      const visible = chat.events.filter((event) => chat.recipientsOf(event).includes(userId));
      const events = visible.filter((event) => event.type !== 'read.marked');
      const joinedSeq = state.members.get(userId) ?? 0;
      const member = state.members.has(userId);
      const readSeq = this.#readSeq(userId, conversationId);
      const unread = events.filter(
        (event) =>
          event.type === 'message.sent' &&
          event.actorId !== userId &&
          event.conversationSeq >= joinedSeq &&
          event.conversationSeq > readSeq,
      );
      const head = asHeld
        ? (visible.findLast((event) => applied.has(event))?.conversationSeq ?? 0)
        : member
          ? state.head
          : (visible.at(-1)?.conversationSeq ?? 0);
      const edited = events.flatMap((event): DumpedEdit[] => {
        const last = chat.events.findLast(
          (each): each is MessageEdited => each.type === 'message.edited' && each.targetSeq === event.conversationSeq,
        );
        const { conversationSeq } = event;
        return last ? [{ conversationSeq, seq: last.conversationSeq, version: last.version }] : [];
      });
      const counted = member ? unread.length : 0;
      const revoked = events.flatMap(({ type, conversationSeq }): number[] =>
        type === 'message.erased' ? [conversationSeq] : [],
      );
      const reactions = events.flatMap(({ conversationSeq }) =>
        [...reactorsIn(chat.events, conversationSeq)].map(
          ([key, { users }]): DumpedReaction => ({
            conversationSeq,
            key,
            count: users.length,
            newest: users.slice(0, 3),
            mine: users.includes(userId),
          }),
        ),
      );
      const isLeft = ({ conversationSeq }: { readonly conversationSeq: number }) => !revoked.includes(conversationSeq);
      return [
        {
          ...{ conversationId, member, head, joinedSeq, readSeq, unread: counted, events, edited, revoked },
          reactions: reactions.filter(isLeft),
        },
      ];
    });
  }

  #readSeq(userId: UserId, conversationId: ConversationId): number {
    const marks = (this.#selves.get(userId)?.events ?? []).map((event) =>
      event.type === 'read.marked' && event.of === conversationId ? event.readSeq : 0,
    );
    return Math.max(0, ...marks);
  }

  #invoke(name: string, operation: Operation): string {
    const operationId = this.ids.commandId();
    this.#tell(name, operationId, { type: 'invoke', operation });
    return operationId;
  }

  #tell(
    name: string,
    operationId: string,
    record:
      | Pick<RecordOf<'invoke'>, 'type' | 'operation'>
      | { readonly type: 'ok'; readonly receipt?: Receipt; readonly conversationId?: ConversationId }
      | Pick<RecordOf<'fail'>, 'type' | 'code' | 'detail'>
      | Pick<RecordOf<'unknown'>, 'type' | 'detail'>,
  ): void {
    const { userId, deviceId } = this.#device(name);
    this.#write(`device ${name}`, { userId, deviceId, operationId, ...record });
  }

  #tellOf(
    name: string,
    record:
      | Pick<RecordOf<'resume'>, 'type' | 'cursor' | 'held'>
      | Pick<RecordOf<'apply'>, 'type' | 'entries' | 'cursor'>
      | Pick<RecordOf<'reset'>, 'type' | 'reason' | 'cursor'>
      | Pick<RecordOf<'live'>, 'type' | 'cursor'>
      | Pick<RecordOf<'device-dump'>, 'type' | 'fresh' | 'cursor' | 'conversations' | 'drafts'>,
  ): void {
    const { userId, deviceId } = this.#device(name);
    this.#write(`device ${name}`, { userId, deviceId, ...record } as Body<HistoryRecord['type']>);
  }

  #write(by: string, body: Body<HistoryRecord['type']>): void {
    this.records.push({ at: ++this.#at, by, ...body } as HistoryRecord);
  }
}

function receiptOf(event: MessageSent): Receipt {
  const { messageId, conversationId, conversationSeq, actorId, commandId, at } = event;
  return { messageId, clientMessageId: commandId as CommandId, conversationId, conversationSeq, senderId: actorId, at };
}
