import {
  afterErasing,
  type CommandId,
  type CommandResult,
  type ConversationId,
  type ConversationSeq,
  type ConversationSettings,
  type ConversationState,
  type ConversationSummary,
  type Cursor,
  counts,
  countsAsMention,
  createIdSource,
  definitionOf,
  type EditInput,
  type Epoch,
  type ErrorCode,
  type Event,
  evolve,
  type FeedInfo,
  type FeedItem,
  fingerprintAt,
  fingerprintDepth,
  fingerprintsAgree,
  formatCursor,
  type HistoryInput,
  type InboxEntry,
  type Mentions,
  type MentionsInput,
  type Message,
  type MessageEdited,
  type MessageErased,
  type MessageId,
  type MessageRegisters,
  type MessageSent,
  NEWEST_REACTORS,
  parseCursor,
  participants,
  project,
  type ReactInput,
  type ReactionsInput,
  type Receipt,
  type Reset,
  type ResetReason,
  type RevokedTarget,
  type RevokeInput,
  recipientsOf,
  type SendInput,
  type Seq,
  type SettingsChange,
  type SettingsInput,
  selfConversationId,
  type TargetInput,
  TidemarkError,
  type UserId,
  WIRE_VERSION,
  wireTrouble,
} from '@tidemark/core';
import { ownSeqIn, quoteIn, reactorsIn, settingsIn } from '@tidemark/testkit';
import type { FeedObserver, MessagingTrpc } from '../../src/index.ts';

interface ModelConversation {
  state: ConversationState;
  log: Event[];
  /** Who may see which event. */
  recipients: Map<Event, readonly UserId[]>;
}

interface Feed {
  readonly userId: UserId;
  readonly observer: FeedObserver;
  /** The wire version that its client says. */
  readonly wire: number | undefined;
  lastEventId: string | null;
  connected: boolean;
  over: boolean;
  /** Its first item is out. */
  begun: boolean;
}

/** Distribution over the commands of a draft that has not got its conversationSeq yet. */
type NewEvent<E extends Event = Event> = E extends Event ? Omit<E, 'conversationSeq' | 'at'> : never;

export type CallName =
  | 'send'
  | 'edit'
  | 'react'
  | 'revoke'
  | 'since'
  | 'list'
  | 'get'
  | 'members'
  | 'history'
  | 'versions'
  | 'reactions'
  | 'markRead'
  | 'setSettings'
  | 'command';

/**
 * A server in one object, faithful to the structural port: dense inboxes, idempotent commands, tracked feeds with resets,
 * paged lists. What a network and a bad day do to it is asked for by the test.
 */
export class ModelServer {
  epoch = 'one' as Epoch;
  readonly calls: { name: CallName; userId: UserId; input: unknown }[] = [];
  /** Whose feed the first item says it is, where that isn't the one who asks; null: a server that does not say. */
  feedOf: string | null | undefined;
  /** The wire version that the first item says; undefined: release 0.1, which refuses an input that says one. */
  wire: number | undefined = WIRE_VERSION;
  limits: FeedInfo['limits'] = { contentBytes: 64 * 1024, frameBytes: 1024 * 1024 };
  /** False: a server of before catch-ups named the head. */
  tellsHeads = true;
  /** Entries in one feed item or page; conversations in one page of the list. */
  pageSize = 5;
  /** Unread messages of a summary are counted to this number. */
  unread = 1_000;
  readonly feeds = new Set<Feed>();
  readonly #conversations = new Map<ConversationId, ModelConversation>();
  readonly #inboxes = new Map<UserId, { floor: number; entries: InboxEntry[] }>();
  readonly #readMarks = new Map<string, number>();
  readonly #commands = new Map<string, Event>();
  readonly #ids = createIdSource();
  readonly #failures = new Map<CallName, Error[]>();
  readonly #holds = new Map<CallName, { readonly what: 'call' | 'answer'; readonly until: Promise<void> }>();
  readonly #offline = new Set<string>();
  readonly #inFlight = new Set<(error: Error) => void>();
  #framesToDrop = 0;
  #now = 1_700_000_000_000;

  // ── What a test does to it ───────────────────────────────────────────────────────────────────────────────────────

  /** The next `count` calls of that name are refused with an error of the table, or end as if the socket had dropped. */
  fail(name: CallName, error: ErrorCode | 'socket', count = 1): void {
    const made = error === 'socket' ? new Error('WebSocket closed') : new TidemarkError(error, 'as the test asked');
    this.#failures.set(name, [...(this.#failures.get(name) ?? []), ...Array.from({ length: count }, () => made)]);
  }

  /** Calls are no longer refused. */
  heal(): void {
    this.#failures.clear();
  }

  /** Calls of that name are not carried out, or carried out but not answered, until the returned function is called. */
  hold(name: CallName, what: 'call' | 'answer' = 'answer'): () => void {
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#holds.set(name, { what, until });
    return () => {
      this.#holds.delete(name);
      release();
    };
  }

  /** The socket of a user drops: calls in flight reject, the feed's link starts to reconnect. */
  disconnect(userId: string): void {
    this.#offline.add(userId);
    for (const reject of this.#inFlight) reject(new Error('WebSocket closed'));
    for (const feed of this.#feedsOf(userId)) {
      feed.connected = false;
      feed.observer.onConnectionStateChange?.({ state: 'connecting' });
    }
  }

  /** The link is back, and resumes the feed from the last id it delivered. */
  reconnect(userId: string): void {
    this.#offline.delete(userId);
    for (const feed of this.#feedsOf(userId)) this.#open(feed, feed.lastEventId);
  }

  /** Ends the subscriptions of a user with an error: final in tRPC. */
  endFeeds(userId: string, error: Error): void {
    for (const feed of this.#feedsOf(userId)) this.#end(feed, error);
  }

  /** The next frames to whomever are lost on the way, although the socket stays. */
  dropFrames(count: number): void {
    this.#framesToDrop = count;
  }

  /** The store is another one: inboxes start anew, seqs mean something else. Connections drop. */
  newEpoch(epoch: string): void {
    this.epoch = epoch as Epoch;
    for (const [userId, inbox] of this.#inboxes) {
      this.#inboxes.set(userId, { floor: inbox.floor + inbox.entries.length + 10, entries: [] });
    }
  }

  /** Retention removed everything up to now from a user's inbox. */
  expireInbox(userId: string): void {
    const inbox = this.#inbox(userId as UserId);
    inbox.floor += inbox.entries.length;
    inbox.entries = [];
  }

  /** The store is set back to before the last event of a conversation. @param keepsCommand it still answers its command as before */
  loseLast(conversationId: string, { keepsCommand = false } = {}): void {
    const conversation = this.#conversations.get(conversationId as ConversationId) as ModelConversation;
    const event = conversation.log.pop() as Event;
    conversation.state = conversation.log.reduce<ConversationState | undefined>(evolve, undefined) as ConversationState;
    for (const { entries } of this.#inboxes.values()) if (entries.at(-1)?.event === event) entries.pop();
    if (!keepsCommand) this.#commands.delete(`${event.actorId} ${event.commandId}`);
  }

  voidEntry(userId: string): void {
    this.#enter(userId as UserId, null);
  }

  head(userId: string): Cursor {
    const { floor, entries } = this.#inbox(userId as UserId);
    return this.#cursorAt(userId as UserId, floor + entries.length);
  }

  #cursorAt(userId: UserId, seq: number): Cursor {
    const { floor, entries } = this.#inbox(userId);
    return formatCursor(this.epoch, seq, fingerprintAt(entries.slice(0, seq - floor), undefined));
  }

  logOf(conversationId: string): readonly Event[] {
    return this.#conversations.get(conversationId as ConversationId)?.log ?? [];
  }

  /** What the messages of a conversation say now. */
  texts(conversationId: string): unknown[] {
    const now = this.#rowsOf(conversationId).map((event) => this.#messageNow(event));
    return now.map(({ content }) => ('text' in content ? content.text : content));
  }

  /** Those that were not revoked. */
  messagesIn(conversationId: string): MessageSent[] {
    return this.#rowsOf(conversationId).filter((event) => event.type === 'message.sent');
  }

  #rowsOf(conversationId: string): (MessageSent | MessageErased)[] {
    const log = this.#conversations.get(conversationId as ConversationId)?.log ?? [];
    return log.filter((event) => event.type === 'message.sent' || event.type === 'message.erased');
  }

  callsOf(name: CallName): unknown[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.input);
  }

  /** Sends as another user would, at once. */
  say(userId: string, conversationId: string, text: string, clientMessageId?: string): Receipt {
    return this.#send(userId as UserId, {
      conversationId,
      clientMessageId: clientMessageId ?? this.#ids.commandId(this.#now),
      type: 'text',
      content: { text },
    });
  }

  /** As `say`, with mentions. */
  mention(userId: string, conversationId: string, text: string, mentions: MentionsInput): Receipt {
    const clientMessageId = this.#ids.commandId(this.#now);
    const message = { type: 'text', content: { text }, mentions };
    return this.#send(userId as UserId, { conversationId, clientMessageId, ...message });
  }

  /** Replies to the message at `seq` as another user would, at once. */
  reply(userId: string, conversationId: string, seq: number, text: string): Receipt {
    return this.#send(userId as UserId, {
      conversationId,
      clientMessageId: this.#ids.commandId(this.#now),
      type: 'text',
      content: { text },
      replyTo: { seq },
    });
  }

  /** Edits as its author would, at once. */
  edit(userId: string, conversationId: string, seq: number, text: string, mentions?: MentionsInput): CommandResult {
    const message = { type: 'text', content: { text }, mentions };
    return this.#edit(userId as UserId, { conversationId, target: { seq }, ...message });
  }

  /** Of a message at its place; what is so already changes nothing. */
  react(userId: string, conversationId: string, seq: number, key: string, on = true): void {
    this.#react(userId as UserId, { conversationId, target: { seq }, key, on });
  }

  /** As its author would, or the creator of a group, at once. */
  revoke(userId: string, conversationId: string, seq: number, reason?: string): CommandResult {
    return this.#revoke(userId as UserId, { conversationId, targets: [{ seq }], reason });
  }

  /** An event of a type that only newer builds know. */
  sayUnknown(userId: string, conversationId: string, type: string): void {
    const head = { conversationId, actorId: userId, commandId: this.#ids.commandId(this.#now) };
    this.#commit({ type, ...head } as unknown as NewEvent);
  }

  sayKind(userId: string, conversationId: string, type: string, content: Readonly<Record<string, string>>): Receipt {
    return this.#send(userId as UserId, {
      conversationId,
      clientMessageId: this.#ids.commandId(this.#now),
      type,
      content,
    });
  }

  createGroup(userId: string, memberIds: readonly string[], title: string | null = null): ConversationId {
    const conversationId = this.#ids.groupId(this.#now);
    const actorId = userId as UserId;
    const commandId = this.#ids.commandId(this.#now);
    const all = [...new Set([userId, ...memberIds])] as UserId[];
    this.#commit({
      type: 'conversation.created',
      conversationId,
      actorId,
      commandId,
      kind: 'group',
      title,
      memberIds: all,
    });
    return conversationId;
  }

  changeMembers(
    type: 'members.added' | 'members.removed',
    actor: string,
    conversationId: string,
    users: readonly string[],
  ): Event {
    return this.#commit({
      type,
      conversationId: conversationId as ConversationId,
      actorId: actor as UserId,
      commandId: this.#ids.commandId(this.#now),
      memberIds: users as UserId[],
    });
  }

  setSettings(userId: string, of: string, settings: SettingsChange, given?: string): Event {
    const known = this.#commands.get(`${userId} ${given}`);
    if (known) return known;
    const { conversationId, actorId } = this.#openOwn(userId);
    const before = settingsIn(this.#conversations.get(conversationId)?.log ?? [], of as ConversationId);
    const commandId = (given ?? this.#ids.commandId(this.#now)) as CommandId;
    const event = this.#commit({
      type: 'settings.changed',
      conversationId,
      actorId,
      commandId,
      of: of as ConversationId,
      settings: { ...before, ...settings } as ConversationSettings,
    });
    this.#commands.set(`${userId} ${commandId}`, event);
    return event;
  }

  /** The conversation of a user alone, which comes into being with the first event in it. */
  #openOwn(userId: string) {
    const conversationId = selfConversationId(userId);
    const actorId = userId as UserId;
    if (!this.#conversations.has(conversationId)) {
      const created = { actorId, commandId: null, kind: 'self', title: null, memberIds: [actorId] } as const;
      this.#commit({ type: 'conversation.created', conversationId, ...created });
    }
    return { conversationId, actorId };
  }

  markRead(userId: string, of: string, readSeq: number): Event {
    const { conversationId, actorId } = this.#openOwn(userId);
    const commandId = this.#ids.commandId(this.#now);
    const key = `${userId} ${of}`;
    this.#readMarks.set(key, Math.max(this.#readMarks.get(key) ?? 0, readSeq));
    const seq = readSeq as ConversationSeq;
    return this.#commit({
      type: 'read.marked',
      conversationId,
      actorId,
      commandId,
      of: of as ConversationId,
      readSeq: seq,
    });
  }

  // ── The port, as one user sees it ────────────────────────────────────────────────────────────────────────────────

  port(user: string): MessagingTrpc {
    const userId = user as UserId;
    const call = <I, O>(name: CallName, answer: (input: I) => O) => {
      return (input: I): Promise<O> => this.#call(name, userId, input, () => answer(input));
    };
    return {
      send: { mutate: call('send', (input: SendInput) => this.#send(userId, input)) },
      edit: { mutate: call('edit', (input: EditInput) => this.#edit(userId, input)) },
      report: { mutate: () => Promise.reject(new Error('not needed: clients call it by themselves')) },
      pin: { mutate: () => Promise.reject(new Error('not needed: clients do not pin yet')) },
      react: { mutate: call('react', (input: ReactInput) => this.#react(userId, input)) },
      revoke: { mutate: call('revoke', (input: RevokeInput) => this.#revoke(userId, input)) },
      inbox: {
        since: {
          query: call('since', ({ cursor, limit }: { cursor?: string | null; limit?: number }) => {
            const reset = this.#resetFor(userId, cursor ?? null);
            if (reset) return reset;
            const { floor, entries } = this.#inbox(userId);
            const from = parseCursor(cursor).seq - floor;
            const page = entries.slice(from, from + (limit ?? this.pageSize));
            const last = floor + from + page.length;
            const hasMore = from + page.length < entries.length;
            const head = this.#headOf(userId);
            const entriesPage = {
              type: 'entries',
              entries: page,
              cursor: this.#cursorAt(userId, last),
              hasMore,
            } as const;
            return head === undefined ? entriesPage : { ...entriesPage, head };
          }),
        },
        head: { query: async () => ({ cursor: this.head(userId) }) },
        feed: {
          subscribe: (input, observer) => {
            const feed: Feed = {
              userId,
              observer,
              lastEventId: input?.cursor ?? null,
              wire: input?.wire,
              connected: false,
              over: false,
              begun: false,
            };
            this.feeds.add(feed);
            queueMicrotask(() => {
              if (!this.#offline.has(userId)) this.#open(feed, feed.lastEventId);
            });
            return {
              unsubscribe: () => {
                feed.over = true;
                this.feeds.delete(feed);
              },
            };
          },
        },
      },
      conversations: {
        list: {
          query: call('list', ({ page, limit = this.pageSize }: { page?: string | null; limit?: number }) => {
            if (limit > this.pageSize)
              throw new TidemarkError('invalid_input', `must be at most ${this.pageSize}`, { field: 'limit' });
            const all = [...this.#conversations.keys()].flatMap((id) => this.#summary(userId, id) ?? []);
            const listed = all
              .filter((each) => each.kind !== 'self' || each.lastMessage)
              .sort((a, b) => b.activeAt - a.activeAt);
            const start = Number(page ?? 0);
            const end = start + limit;
            return { conversations: listed.slice(start, end), nextPage: end < listed.length ? String(end) : null };
          }),
        },
        get: {
          query: call('get', ({ conversationId }: { conversationId: string }) => {
            const summary = this.#summary(userId, conversationId as ConversationId);
            if (!summary) throw new TidemarkError('conversation_not_found', conversationId);
            return summary;
          }),
        },
        members: {
          query: call('members', ({ conversationId }: { conversationId: string }) => {
            const members = this.#conversation(userId, conversationId).state.members;
            return {
              members: [...members].map(([member, joinedSeq]) => ({ userId: member, joinedSeq })),
              nextPage: null,
            };
          }),
        },
        pins: { query: () => Promise.reject(new Error('not needed: clients do not pin yet')) },
        versions: { query: call('versions', () => ({ versions: [], hasMore: false })) },
        reactions: {
          query: call('reactions', ({ conversationId, seq, key }: ReactionsInput) => {
            const users = reactorsIn(this.#conversation(userId, conversationId).log, seq).get(key)?.users ?? [];
            return { reactors: users.map((user) => ({ userId: user, seq: 1 as ConversationSeq })), hasMore: false };
          }),
        },
        history: { query: call('history', (input: HistoryInput) => this.#history(userId, input)) },
        setSettings: {
          mutate: call('setSettings', ({ conversationId, commandId, ...settings }: SettingsInput) =>
            resultOf(this.setSettings(userId, conversationId, settings, commandId)),
          ),
        },
        markRead: {
          mutate: call('markRead', ({ conversationId, readSeq }: { conversationId: string; readSeq: number }) => {
            this.markRead(userId, conversationId, readSeq);
            return { conversationId: conversationId as ConversationId, readSeq };
          }),
        },
        createGroup: {
          mutate: call('command', (input: { title?: string | null; memberIds: string[]; commandId?: string }) => {
            const known = this.#commands.get(`${userId} ${input.commandId}`);
            if (known) return resultOf(known);
            const conversationId = this.createGroup(userId, input.memberIds, input.title ?? null);
            const event = this.#conversations.get(conversationId)?.log[0] as Event;
            this.#commands.set(`${userId} ${input.commandId}`, event);
            return resultOf(event);
          }),
        },
        addMembers: {
          mutate: call('command', (input: { conversationId: string; memberIds: string[] }) =>
            resultOf(this.changeMembers('members.added', userId, input.conversationId, input.memberIds)),
          ),
        },
        openDirect: { mutate: () => Promise.reject(new Error('not needed: sending opens it')) },
        removeMembers: {
          mutate: call('command', (input: { conversationId: string; memberIds: string[] }) =>
            resultOf(this.changeMembers('members.removed', userId, input.conversationId, input.memberIds)),
          ),
        },
        leave: {
          mutate: call('command', (input: { conversationId: string }) =>
            resultOf(this.changeMembers('members.removed', userId, input.conversationId, [userId])),
          ),
        },
      },
    };
  }

  async #call<O>(name: CallName, userId: UserId, input: unknown, answer: () => O): Promise<O> {
    if (this.#offline.has(userId)) throw new Error('WebSocket closed');
    this.calls.push({ name, userId, input });
    let reject = (_: Error): void => undefined;
    const dropped = new Promise<never>((_, fail) => (reject = fail));
    this.#inFlight.add(reject);
    try {
      const failure = this.#failures.get(name)?.shift();
      if (failure) throw failure instanceof TidemarkError ? new Error(failure.message) : failure;
      const hold = this.#holds.get(name);
      if (hold?.what === 'call') await Promise.race([hold.until, dropped]);
      const result = answer();
      return await Promise.race([(hold?.until ?? Promise.resolve()).then(() => result), dropped]);
    } catch (error) {
      // What crosses the wire is the text form.
      throw error instanceof TidemarkError ? new Error(error.message) : error;
    } finally {
      this.#inFlight.delete(reject);
    }
  }

  // ── The writer ───────────────────────────────────────────────────────────────────────────────────────────────────

  #send(userId: UserId, { conversationId: id, clientMessageId, type, content, replyTo, mentions }: SendInput): Receipt {
    const conversationId = id as ConversationId;
    const known = this.#commands.get(`${userId} ${clientMessageId}`);
    if (known?.type === 'message.sent' || known?.type === 'message.erased') return receiptOf(known);
    if (!this.#conversations.has(conversationId)) {
      const memberIds = participants(conversationId);
      if (!memberIds?.includes(userId)) throw new TidemarkError('not_a_member', conversationId);
      const kind = memberIds.length === 1 ? 'self' : 'direct';
      this.#commit({
        type: 'conversation.created',
        conversationId,
        actorId: userId,
        commandId: null,
        kind,
        title: null,
        memberIds,
      });
    }
    if (!this.#conversation(userId, id).state.members.has(userId))
      throw new TidemarkError('not_a_member', conversationId);
    const event = this.#commit({
      type: 'message.sent',
      conversationId,
      actorId: userId,
      commandId: clientMessageId as CommandId,
      messageId: this.#ids.messageId(this.#now) as MessageId,
      message: { type, content },
      ...(replyTo && { replyTo: { seq: this.#messageAt(id, replyTo, 'replyTo').conversationSeq } }),
      ...(mentions && { mentions: mentionsOf(mentions) }),
    });
    this.#commands.set(`${userId} ${clientMessageId}`, event);
    return receiptOf(event as MessageSent);
  }

  /** Of one's own message, as its server would. */
  #edit(userId: UserId, input: EditInput): CommandResult {
    const { conversationId, target, type, content, mentions, expectedVersion, commandId } = input;
    const known = this.#commands.get(`${userId} ${commandId}`);
    if (known) return resultOf(known);
    const { log } = this.#conversation(userId, conversationId);
    const message = this.#messageAt(conversationId, target);
    if (message.actorId !== userId) throw new TidemarkError('forbidden', 'only its author', { field: 'target' });
    const targetSeq = message.conversationSeq;
    const edits = log.filter(
      (event): event is MessageEdited => event.type === 'message.edited' && event.targetSeq === targetSeq,
    );
    const { mentions: mentionsBefore } = edits.at(-1) ?? message;
    const version = edits.length + 1;
    if (expectedVersion !== undefined && expectedVersion !== version) {
      throw new TidemarkError('conflict', `is version ${version} now`, { field: 'expectedVersion' });
    }
    const event = this.#commit({
      type: 'message.edited',
      conversationId: conversationId as ConversationId,
      actorId: userId,
      commandId: (commandId ?? this.#ids.commandId(this.#now)) as CommandId,
      targetSeq,
      version: version + 1,
      message: { type, content },
      ...(mentions && { mentions: mentionsOf(mentions) }),
      ...(mentionsBefore && { mentionsBefore }),
    });
    if (commandId) this.#commands.set(`${userId} ${commandId}`, event);
    return resultOf(event);
  }

  #react(userId: UserId, { conversationId, target, key, on = true, commandId }: ReactInput): CommandResult {
    const known = this.#commands.get(`${userId} ${commandId}`);
    if (known) return resultOf(known);
    const { log, state } = this.#conversation(userId, conversationId);
    const { conversationSeq: targetSeq, actorId: targetAuthor } = this.#messageAt(conversationId, target);
    const before = reactorsIn(log, targetSeq).get(key);
    const users = before?.users ?? [];
    if (users.includes(userId) === on) return { ...resultOf(log.at(-1) as Event), messageId: null };
    const after = on ? [userId, ...users] : users.filter((user) => user !== userId);
    const event = this.#commit({
      type: 'reaction.changed',
      conversationId: conversationId as ConversationId,
      actorId: userId,
      commandId: (commandId ?? this.#ids.commandId(this.#now)) as CommandId,
      targetSeq,
      targetAuthor,
      key,
      on,
      count: after.length,
      newest: after.slice(0, NEWEST_REACTORS),
      since: before?.since ?? ((state.head + 1) as ConversationSeq),
    });
    if (commandId) this.#commands.set(`${userId} ${commandId}`, event);
    return resultOf(event);
  }

  #revoke(userId: UserId, { conversationId, targets: wanted, reason, commandId }: RevokeInput): CommandResult {
    const known = this.#commands.get(`${userId} ${commandId}`);
    if (known) return resultOf(known);
    const { log, state } = this.#conversation(userId, conversationId);
    const { kind, createdBy } = state.conversation;
    const targets = wanted.flatMap((target): RevokedTarget[] => {
      const message = this.#anyMessageAt(conversationId, target);
      if (message.actorId !== userId && (kind !== 'group' || createdBy !== userId)) {
        throw new TidemarkError('forbidden', 'only its author', { field: 'targets.0' });
      }
      if (message.type === 'message.erased') return [];
      const { conversationSeq: seq, actorId: senderId, commandId: id } = message;
      return [{ seq, senderId, clientMessageId: id as CommandId }];
    });
    if (targets.length === 0) return resultOf(log.at(-1) as Event);
    const event = this.#commit({
      type: 'message.revoked',
      conversationId: conversationId as ConversationId,
      actorId: userId,
      commandId: (commandId ?? this.#ids.commandId(this.#now)) as CommandId,
      targets,
      ...(reason !== undefined && { reason }),
    });
    this.#erase(event);
    if (commandId) this.#commands.set(`${userId} ${commandId}`, event);
    return resultOf(event);
  }

  /** In the log and in every inbox. */
  #erase({ conversationId }: Event): void {
    const conversation = this.#conversations.get(conversationId) as ModelConversation;
    const erased = new Map(afterErasing(conversation.log).map((event, nth) => [conversation.log[nth] as Event, event]));
    conversation.log = conversation.log.map((event) => erased.get(event) as Event);
    conversation.recipients = new Map(
      [...conversation.recipients].map(([event, users]) => [erased.get(event) as Event, users]),
    );
    for (const inbox of this.#inboxes.values()) {
      inbox.entries = inbox.entries.map((entry) => ({
        ...entry,
        event: entry.event && (erased.get(entry.event) ?? entry.event),
      }));
    }
    for (const [key, event] of this.#commands) this.#commands.set(key, erased.get(event) ?? event);
  }

  #messageAt(conversationId: string, target: TargetInput, field = 'target'): MessageSent {
    const message = this.#anyMessageAt(conversationId, target, field);
    if (message.type === 'message.sent') return message;
    throw new TidemarkError('revoked', 'the message was revoked', { field });
  }

  #anyMessageAt(conversationId: string, target: TargetInput, field = 'targets.0'): MessageSent | MessageErased {
    const message = this.#rowsOf(conversationId).find((event) =>
      'seq' in target
        ? event.conversationSeq === target.seq
        : event.actorId === target.senderId && event.commandId === target.clientMessageId,
    );
    if (!message) throw new TidemarkError('message_not_found', 'no such message', { field });
    return message;
  }

  #commit(partial: NewEvent): Event {
    const { conversationId } = partial;
    const before = this.#conversations.get(conversationId);
    this.#now += 1_000;
    const conversationSeq = ((before?.state.head ?? 0) + 1) as ConversationSeq;
    const event = { ...partial, conversationSeq, at: this.#now } as Event;
    const state = evolve(before?.state, event);
    const conversation: ModelConversation = before ?? { state, log: [], recipients: new Map() };
    conversation.state = state;
    conversation.log.push(event);
    const recipients = recipientsOf(state, event);
    conversation.recipients.set(event, recipients);
    this.#conversations.set(conversationId, conversation);
    for (const userId of recipients) this.#enter(userId, event);
    return event;
  }

  #enter(userId: UserId, event: Event | null): void {
    const inbox = this.#inbox(userId);
    const entry: InboxEntry = { seq: (inbox.floor + inbox.entries.length + 1) as Seq, event };
    inbox.entries.push(entry);
    for (const feed of this.#feedsOf(userId))
      if (feed.connected) this.#deliver(feed, { type: 'entries', entries: [entry] }, entry.seq);
  }

  /** What pages of a catch-up say; nothing on a server of before. */
  #headOf(userId: UserId): Seq | undefined {
    const { floor, entries } = this.#inbox(userId);
    const head = floor + entries.length;
    return this.tellsHeads && head > 0 ? (head as Seq) : undefined;
  }

  // ── The reader ───────────────────────────────────────────────────────────────────────────────────────────────────

  #open(feed: Feed, cursor: string | null): void {
    if (feed.over) return;
    feed.connected = true;
    feed.begun = false;
    if (this.wire === undefined && feed.wire !== undefined) {
      this.#end(feed, new TidemarkError('invalid_input', 'Unrecognized key: "wire"', { field: 'input' }));
      return;
    }
    feed.observer.onStarted?.();
    const trouble = wireTrouble({ client: feed.wire, server: this.wire });
    if (trouble) {
      this.#end(feed, trouble);
      return;
    }
    const reset = this.#resetFor(feed.userId, cursor);
    const { floor, entries } = this.#inbox(feed.userId);
    const head = floor + entries.length;
    if (reset) this.#deliver(feed, reset, head);
    const missed = reset ? [] : entries.slice(parseCursor(cursor).seq - floor);
    for (let start = 0; start < missed.length; start += this.pageSize) {
      const page = missed.slice(start, start + this.pageSize);
      const known = this.#headOf(feed.userId);
      const item: FeedItem = { type: 'entries', entries: page, ...(known !== undefined && { head: known }) };
      this.#deliver(feed, item, (page.at(-1) as InboxEntry).seq);
    }
    this.#deliver(feed, { type: 'live', cursor: this.#cursorAt(feed.userId, head) }, head);
  }

  #end(feed: Feed, error: Error): void {
    feed.over = true;
    this.feeds.delete(feed);
    feed.observer.onError(error);
  }

  #deliver(feed: Feed, item: FeedItem, seq: number): void {
    const id = this.#cursorAt(feed.userId, seq);
    const of = this.feedOf === undefined ? feed.userId : this.feedOf;
    const says = !feed.begun && of !== null;
    const data = says
      ? { ...item, feed: { userId: of as UserId, ...(this.wire && { wire: this.wire }), limits: this.limits } }
      : item;
    feed.begun = true;
    if (this.#framesToDrop > 0) {
      this.#framesToDrop -= 1;
      return;
    }
    queueMicrotask(() => {
      if (feed.over || !feed.connected) return;
      feed.lastEventId = id;
      feed.observer.onData({ id, data });
    });
  }

  #resetFor(userId: UserId, cursor: string | null): Reset | undefined {
    const { floor, entries } = this.#inbox(userId);
    const reset = (reason: ResetReason): Reset => ({ type: 'reset', reason, cursor: this.head(userId) });
    if (cursor === null) return reset('new');
    const { epoch, seq, fingerprint } = parseCursor(cursor);
    if (epoch !== this.epoch) return reset('epoch');
    if (seq < floor) return reset('floor');
    if (seq > floor + entries.length) return reset('ahead');
    const known = fingerprintAt(entries.slice(0, seq - floor).slice(-1 - fingerprintDepth(fingerprint)), undefined);
    // A client that makes another fingerprint than its server would be reset each time it comes.
    const isKnown = known === undefined || fingerprint === undefined || fingerprintsAgree(fingerprint, known);
    return isKnown ? undefined : reset('ahead');
  }

  #messageNow(event: MessageSent | MessageErased): Message {
    return definitionOf(event).message?.(event, this.#registersOf(event)) as Message;
  }

  #registersOf(event: Event): MessageRegisters {
    const { log } = this.#conversations.get(event.conversationId) as ModelConversation;
    const { registers } = project(log);
    const ofIt = registers.filter(({ target, key }) => target === event.conversationSeq && key === '');
    return Object.fromEntries(ofIt.map((each) => [each.name, each.value]));
  }

  #summary(userId: UserId, conversationId: ConversationId): ConversationSummary | undefined {
    const conversation = this.#conversations.get(conversationId);
    const joinedSeq = conversation?.state.members.get(userId);
    if (!conversation || joinedSeq === undefined) return undefined;
    const readSeq = this.#readMarks.get(`${userId} ${conversationId}`) ?? 0;
    const messages = this.#rowsOf(conversationId).filter((event) => event.conversationSeq >= joinedSeq);
    const last = messages.at(-1);
    const own = this.#conversations.get(selfConversationId(userId))?.log ?? [];
    return {
      ...conversation.state.conversation,
      head: conversation.state.head,
      joinedSeq,
      readSeq,
      unread: Math.min(
        this.unread,
        conversation.log.filter((event) => counts(event, userId, { joinedSeq, readSeq })).length,
      ),
      unreadMentions: Math.min(
        this.unread,
        conversation.log.filter((event) =>
          countsAsMention(event, userId, { joinedSeq, readSeq }, this.#registersOf(event)),
        ).length,
      ),
      lastMessage: last ? this.#messageNow(last) : null,
      activeAt: last?.at ?? conversation.state.conversation.createdAt,
      settings: settingsIn(own, conversationId),
      ownSeq: ownSeqIn(own, conversationId),
    };
  }

  #history(userId: UserId, { conversationId, after, before, limit = 50 }: HistoryInput) {
    const { log, recipients } = this.#conversation(userId, conversationId);
    const visible = log.filter((event) => recipients.get(event)?.includes(userId));
    const inRange = visible.filter(
      ({ conversationSeq }) => conversationSeq > (after ?? 0) && conversationSeq < (before ?? Number.POSITIVE_INFINITY),
    );
    const ordered = after === undefined ? inRange.reverse() : inRange;
    const events = ordered.slice(0, limit);
    const asOf = visible.at(-1)?.conversationSeq ?? 0;
    const registers = project(log.slice(0, asOf)).registers.filter(
      ({ name, target, owner, value }) =>
        value !== null &&
        (name === 'content' ||
          name === 'revoked' ||
          name === 'reactions' ||
          (name === 'reaction' && owner === userId)) &&
        events.some((event) => event.conversationSeq === target),
    );
    const quotes = visible.flatMap((event) => {
      const isQuoted = events.some(
        (each) => each.type === 'message.sent' && each.replyTo?.seq === event.conversationSeq,
      );
      return event.type === 'message.sent' && isQuoted && !events.includes(event) ? quoteIn(log, event) : [];
    });
    return { events, registers, quotes, asOf, hasMore: ordered.length > limit };
  }

  #conversation(userId: UserId, conversationId: string): ModelConversation {
    const conversation = this.#conversations.get(conversationId as ConversationId);
    if (!conversation) throw new TidemarkError('conversation_not_found', conversationId);
    const wasEverIn = [...conversation.recipients.values()].some((users) => users.includes(userId));
    if (!wasEverIn) throw new TidemarkError('not_a_member', conversationId);
    return conversation;
  }

  #inbox(userId: UserId): { floor: number; entries: InboxEntry[] } {
    const inbox = this.#inboxes.get(userId) ?? { floor: 0, entries: [] };
    this.#inboxes.set(userId, inbox);
    return inbox;
  }

  #feedsOf(userId: string): Feed[] {
    return [...this.feeds].filter((feed) => feed.userId === userId && !feed.over);
  }
}

function receiptOf(event: MessageSent | MessageErased): Receipt {
  const { messageId, commandId, conversationId, conversationSeq, actorId, at } = event;
  return { messageId, clientMessageId: commandId as CommandId, conversationId, conversationSeq, senderId: actorId, at };
}

function resultOf({ conversationId, conversationSeq, at }: Event): CommandResult {
  return { conversationId, conversationSeq, at, messageId: null };
}

/** As its server would, but for who is no member. */
function mentionsOf({ users = [], ...rest }: MentionsInput): Mentions {
  return { users: users as readonly UserId[], ...rest };
}
