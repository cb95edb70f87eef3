import {
  type CommitBatch,
  type ConversationSeq,
  type ConversationSummary,
  composeStorage,
  counts,
  type EditedContent,
  type Event,
  type HistoryStore,
  type InboxRow,
  type InboxStore,
  isMentioned,
  type JsonValue,
  messageOf,
  project,
  type Quote,
  type QuotesQuery,
  type Register,
  refKey,
  registerKey,
  type Storage,
  selfConversationId,
  type UserId,
  withoutContent,
} from '@tidemark/core';
import { createMemoryState, type MemoryState, memoryStorage } from '@tidemark/storage-memory';

/** A storage with one mistake that an adapter could well make, and the case that must notice it. */
export interface BrokenStorage {
  readonly mistake: string;
  /** Start of the name of a case that must fail; others may fail as well. */
  readonly caughtBy: string;
  open(state: MemoryState): Storage;
}

export const BROKEN_STORAGES: readonly BrokenStorage[] = [
  // ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'settings are those of whoever set some last',
    caughtBy: 'settings: a summary holds those of its user',
    open: (state) =>
      withSummaries(state, (summary) => {
        const [last] = [...state.registers.values()].filter(
          ({ name, conversationId }) => name === 'settings' && conversationId === summary.conversationId,
        );
        return last?.name === 'settings' && last.value
          ? { ...summary, settings: last.value, ownSeq: last.seq }
          : summary;
      }),
  },
  {
    mistake: 'settings stand in the conversation of the event that set them',
    caughtBy: 'settings: what a writer looks up',
    open: (state) => {
      const storage = memoryStorage({ state });
      return withHistory(storage, {
        findRegisters: (keys) =>
          storage.history.findRegisters(
            keys.map((key) =>
              key.name === 'settings' && key.owner ? { ...key, conversationId: selfConversationId(key.owner) } : key,
            ),
          ),
      });
    },
  },
  {
    mistake: 'the first settings stay',
    caughtBy: 'settings: the last in the order of the log',
    open: (state) => {
      const first = new Map<string, ConversationSummary['settings']>();
      return withSummaries(state, (summary) => {
        if (summary.ownSeq === 0) return summary;
        const settings = first.get(summary.conversationId) ?? summary.settings;
        first.set(summary.conversationId, settings);
        return { ...summary, settings };
      });
    },
  },
  {
    mistake: 'what is hidden until news is listed',
    caughtBy: 'settings: what is hidden until news',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        conversations: (query) => {
          for (const [key, { name }] of state.registers) if (name === 'unlisted') state.registers.delete(key);
          return history.conversations(query);
        },
      });
    },
  },
  // ── Uniqueness ───────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'commands are not unique',
    caughtBy: 'history: a repeated command is a conflict',
    open: (state) => beforeWriting(memoryStorage({ state }), () => state.commands.clear()),
  },
  {
    mistake: 'a conversationSeq is overwritten',
    caughtBy: 'history: a conversationSeq that is taken is a conflict',
    open: (state) =>
      beforeWriting(memoryStorage({ state }), ({ events }) => {
        for (const event of events) state.conversations.get(event.conversationId)?.log.delete(event.conversationSeq);
        followWhateverThereIs(state, events);
      }),
  },
  {
    mistake: 'a gap in the log is written over',
    caughtBy: 'history: an event that does not follow the head',
    open: (state) =>
      beforeWriting(memoryStorage({ state }), ({ events }) => {
        const isFree = (event: Event) => !state.conversations.get(event.conversationId)?.log.has(event.conversationSeq);
        if (events.every(isFree)) followWhateverThereIs(state, events);
      }),
  },
  {
    mistake: 'what is not there may be marked as read',
    caughtBy: 'history: a read mark above the head',
    open: (state) =>
      beforeWriting(memoryStorage({ state }), ({ events }) => {
        for (const { conversationId, head } of project(events).reached) {
          const table = state.conversations.get(conversationId);
          if (table && head > table.head.head) table.head = { ...table.head, head };
        }
      }),
  },
  {
    mistake: 'command ids are unique among all actors',
    caughtBy: 'history: command ids are unique per actor',
    open: (state) => {
      const used = new Set<string>();
      const storage = memoryStorage({ state });
      return withHistory(storage, {
        append: async (events) => {
          const ids = events.flatMap((event) => event.commandId ?? []);
          if (new Set(ids).size < ids.length || ids.some((id) => used.has(id))) return { conflict: 'event' };
          for (const id of ids) used.add(id);
          return storage.history.append(events);
        },
      });
    },
  },
  {
    mistake: 'a seq is overwritten',
    caughtBy: 'inbox: a seq that is taken is a conflict',
    open: (state) =>
      beforeWriting(memoryStorage({ state }), ({ rows }) => {
        for (const { userId, seq } of rows) state.inboxes.get(userId)?.rows.delete(seq);
      }),
  },
  {
    mistake: 'an event may be delivered twice',
    caughtBy: 'inbox: an event that was delivered is a conflict',
    open: (state) =>
      beforeWriting(memoryStorage({ state }), ({ rows }) => {
        for (const { userId } of rows) state.inboxes.get(userId)?.deliveries.clear();
      }),
  },
  {
    mistake: 'rows whose keys are free are written past one whose key is taken',
    caughtBy: 'inbox: what a conflict leaves behind is a beginning of the batch',
    open: (state) => {
      const storage = memoryStorage({ state });
      return withInbox(storage, {
        append: async (rows) => {
          const outcomes = await Promise.all(rows.map((row) => storage.inbox.append([row])));
          return outcomes.find(({ conflict }) => conflict) ?? { conflict: undefined };
        },
      });
    },
  },
  {
    mistake: 'voids overwrite what stands there',
    caughtBy: 'inbox: voids go where a seq is free',
    open: (state) =>
      withInbox(memoryStorage({ state }), {
        fillVoids: async (userId, seqs, at) => {
          for (const seq of seqs) state.inboxes.get(userId)?.rows.set(seq, { userId, seq, ref: null, at });
          return [...seqs];
        },
      }),
  },
  {
    mistake: 'the look and the write are apart',
    caughtBy: 'history: of two writers that race for one conversationSeq',
    open: (state) => {
      const storage = memoryStorage({ state });
      return withHistory(storage, {
        append: async (events) => {
          const places = events.map((event) =>
            state.conversations.get(event.conversationId)?.log.get(event.conversationSeq),
          );
          await new Promise((resolve) => setImmediate(resolve));
          if (places.some((taken) => taken !== undefined)) return { conflict: 'event' };
          for (const event of events) state.conversations.get(event.conversationId)?.log.delete(event.conversationSeq);
          return storage.history.append(events);
        },
      });
    },
  },
  // ── All or nothing ───────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'a conflict leaves the events before it',
    caughtBy: 'history: a repeated command is a conflict',
    open: (state) => {
      const storage = memoryStorage({ state });
      return withHistory(storage, {
        append: async (events) => {
          for (const event of events) {
            const outcome = await storage.history.append([event]);
            if (outcome.conflict) return outcome;
          }
          return { conflict: undefined };
        },
      });
    },
  },
  {
    mistake: 'a commit called atomic is two commits',
    caughtBy: 'commit: a conflict of rows leaves nothing',
    open: (state) => {
      const storage = memoryStorage({ state });
      return { ...composeStorage(storage), capabilities: storage.capabilities };
    },
  },
  {
    mistake: 'the inbox is committed before the history',
    caughtBy: 'commit: a conflict of events leaves no rows',
    open: (state) => {
      const storage = memoryStorage({ state });
      return {
        ...composeStorage(storage),
        commit: async ({ events, rows }) => {
          const outcome = await storage.inbox.append(rows);
          return outcome.conflict ? outcome : storage.history.append(events);
        },
      };
    },
  },
  {
    mistake: 'a repeat of rows that are there is taken for success',
    caughtBy: 'commit: a conflict of rows leaves nothing',
    open: (state) => {
      const storage = memoryStorage({ state });
      return {
        ...storage,
        commit: async (batch) => {
          const outcome = await storage.commit(batch);
          return outcome.conflict === 'entry' ? storage.commit({ events: batch.events, rows: [] }) : outcome;
        },
      };
    },
  },
  // ── Who sees what ────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'a range ignores stays',
    caughtBy: 'range: a member sees nothing before joining',
    open: (state) =>
      withHistory(memoryStorage({ state }), {
        range: async ({ conversationId, after, before, limit }) => {
          const log = [...(state.conversations.get(conversationId)?.log.values() ?? [])].filter(
            ({ conversationSeq: seq }) => seq > (after ?? 0) && seq < (before ?? Number.POSITIVE_INFINITY),
          );
          const seen = after === undefined ? log.reverse() : log;
          return { events: seen.slice(0, limit), registers: [], asOf: log.length, hasMore: seen.length > limit };
        },
      }),
  },
  {
    mistake: 'a range knows the last stay only',
    caughtBy: 'range: a member sees nothing before joining',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        range: async (query) => {
          const last = (await history.memberships([query.conversationId])).findLast(
            (stay) => stay.userId === query.userId,
          );
          const page = await history.range(query);
          return {
            ...page,
            events: page.events.filter((event) => event.conversationSeq >= (last?.joinedSeq ?? 0)),
          };
        },
      });
    },
  },
  {
    mistake: 'the last message is shown to who joined after it',
    caughtBy: 'list: a summary holds what the log says',
    open: (state) =>
      withSummaries(state, (summary) => {
        const table = state.conversations.get(summary.conversationId);
        const last = table?.log.get(table.head.lastMessageSeq ?? 0);
        return { ...summary, lastMessage: last?.type === 'message.sent' ? messageOf(last) : null };
      }),
  },
  {
    mistake: 'unread counts every event',
    caughtBy: 'list: unread, readSeq, lastMessage and unread',
    open: (state) => withSummaries(state, (summary) => ({ ...summary, unread: summary.head - summary.readSeq })),
  },
  {
    mistake: 'read marks go back',
    caughtBy: 'list: read marks never go back',
    open: (state) =>
      beforeWriting(memoryStorage({ state }), ({ events }) => {
        if (events.some((event) => event.type === 'read.marked')) state.readMarks.clear();
      }),
  },
  {
    mistake: 'a page of the list ends between equals and skips the rest',
    caughtBy: 'list: newest first',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        conversations: async ({ after, ...query }) => {
          const all = (await history.conversations({ ...query, limit: 1_000 })).conversations.filter(
            (each) => !after || each.activeAt < after.activeAt,
          );
          return { conversations: all.slice(0, query.limit), hasMore: all.length > query.limit };
        },
      });
    },
  },
  {
    mistake: 'the list is ordered as a language would',
    caughtBy: 'list: newest first',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        conversations: async (query) => {
          const page = await history.conversations(query);
          const conversations = [...page.conversations].sort(
            (a, b) => b.activeAt - a.activeAt || b.conversationId.localeCompare(a.conversationId),
          );
          return { ...page, conversations };
        },
      });
    },
  },
  {
    mistake: 'commands are found whoever asks',
    caughtBy: 'history: events are found by their command',
    open: (state) =>
      withHistory(memoryStorage({ state }), {
        findByCommand: async (commands) =>
          [...state.commands.values()].filter((event) => commands.some((key) => key.commandId === event.commandId)),
      }),
  },
  {
    mistake: 'past stays are forgotten',
    caughtBy: 'history: memberships hold every stay',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        memberships: async (ids, userId) =>
          (await history.memberships(ids, userId)).filter((stay) => stay.leftSeq === null),
      });
    },
  },
  // ── Data ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'text ends at NUL',
    caughtBy: 'history: text comes back code unit by code unit',
    open: (state) => withText(state, (text) => text.replaceAll('\u0000', '')),
  },
  {
    mistake: 'text is normalised',
    caughtBy: 'history: text comes back code unit by code unit',
    open: (state) => withText(state, (text) => text.normalize('NFC')),
  },
  {
    mistake: 'text passes through UTF-8',
    caughtBy: 'history: text comes back code unit by code unit',
    open: (state) => withText(state, (text) => Buffer.from(text).toString()),
  },
  {
    mistake: 'an own key named __proto__ is lost',
    caughtBy: 'history: text comes back code unit by code unit',
    open: (state) => withText(state, (text) => text),
  },
  {
    mistake: 'users are told apart without case',
    caughtBy: 'inbox: user ids are data',
    open: (state) => {
      const { inbox } = memoryStorage({ state });
      const folded = <T extends string>(userId: T): T => userId.toLowerCase() as T;
      return withInbox(memoryStorage({ state }), {
        append: (rows) => inbox.append(rows.map((row) => ({ ...row, userId: folded(row.userId) }))),
        range: (userId, after, limit) => inbox.range(folded(userId), after, limit),
        seqs: (userId, after, limit) => inbox.seqs(folded(userId), after, limit),
        bounds: async (userIds) => {
          const known = await inbox.bounds(userIds.map(folded));
          return new Map(userIds.flatMap((userId) => [[userId, known.get(folded(userId))]] as never));
        },
      });
    },
  },
  // ── Registers ────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'the first that sets a register decides',
    caughtBy: 'registers: the last event that sets one decides',
    open: (state) => {
      const first = new Map(state.registers);
      return afterWriting(memoryStorage({ state }), () => {
        for (const [key, register] of state.registers) {
          if (!first.has(key)) first.set(key, register);
          state.registers.set(key, first.get(key) as Register);
        }
      });
    },
  },
  {
    mistake: 'a former member is told of edits after they left',
    caughtBy: 'registers: a former member is told',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        range: async (query) => {
          const page = await history.range(query);
          const registers = page.events.flatMap(
            ({ conversationId, conversationSeq: target }) =>
              state.registers.get(registerKey({ conversationId, target, name: 'content', key: '', owner: null })) ?? [],
          );
          return { ...page, registers };
        },
      });
    },
  },
  {
    mistake: 'a page counts what was sent alone',
    caughtBy: 'registers: what messages say now counts',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        range: async ({ bytes = Number.POSITIVE_INFINITY, ...query }) => {
          const page = await history.range(query);
          let total = 0;
          const events = page.events.filter((event, place) => {
            total += JSON.stringify(event).length;
            return place === 0 || total <= bytes;
          });
          return { ...page, events, hasMore: page.hasMore || events.length < page.events.length };
        },
      });
    },
  },
  {
    mistake: 'a summary holds the last message as it was sent',
    caughtBy: 'registers: a summary holds the last message as it is now',
    open: (state) =>
      withSummaries(state, (summary) => {
        const { conversationId, lastMessage } = summary;
        const sent = lastMessage && state.conversations.get(conversationId)?.log.get(lastMessage.conversationSeq);
        return { ...summary, lastMessage: sent?.type === 'message.sent' ? messageOf(sent) : null };
      }),
  },
  // ── Reactions ────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'keys of reactions are told apart by their letters without case and accents',
    caughtBy: 'reactions: keys are data',
    open: (state) =>
      withReactionKeys(state, (key) =>
        key
          .normalize('NFD')
          .replaceAll(/\p{Mn}/gu, '')
          .toLowerCase(),
      ),
  },
  {
    mistake: 'a viewer is shown who else has reacted',
    caughtBy: 'reactions: a viewer is shown',
    open: (state) =>
      withShown(state, (shown) =>
        shown.flatMap((register) =>
          register.name === 'reactions'
            ? [register, ...ownersAt(state, register)]
            : register.name === 'content'
              ? [register]
              : [],
        ),
      ),
  },
  {
    mistake: 'what was taken back is still there',
    caughtBy: 'reactions: what was taken back',
    open: (state) => {
      const kept = new Map<string, Register>();
      return afterWriting(memoryStorage({ state }), () => {
        for (const [key, register] of state.registers) kept.set(key, register);
        for (const [key, register] of kept) state.registers.set(key, register);
        for (const group of state.registerGroups.values()) {
          for (const [key] of kept) if (group.size > 0) group.add(key);
        }
      });
    },
  },
  {
    mistake: 'owners come in the order of their ids',
    caughtBy: 'reactions: owners come page by page',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        owners: async ({ limit, ...query }) =>
          (await history.owners({ ...query, limit: 1_000 }))
            .sort((a, b) => ((a.owner ?? '') < (b.owner ?? '') ? -1 : 1))
            .slice(0, limit),
      });
    },
  },
  {
    mistake: 'a former member is told of counts after they left',
    caughtBy: 'reactions: a former member is told',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        range: async (query) => {
          const page = await history.range(query);
          const { userId: viewer } = query;
          const registers = await history.findShown(
            page.events.map(({ conversationId, conversationSeq: target }) => ({ conversationId, target, viewer })),
          );
          return { ...page, registers };
        },
      });
    },
  },
  {
    mistake: 'counts of reactions are sent beside the bytes of a page',
    caughtBy: 'reactions: counts are among the bytes',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        range: async ({ bytes, ...query }) => {
          const page = await history.range(query);
          let total = 0;
          const events = page.events.filter((event, place) => {
            total += JSON.stringify(event).length;
            return place === 0 || total <= (bytes ?? Number.POSITIVE_INFINITY);
          });
          return { ...page, events, hasMore: page.hasMore || events.length < page.events.length };
        },
      });
    },
  },
  // ── Replies ──────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'a quote says what was sent',
    caughtBy: 'replies: a message keeps what it replies to',
    open: (state) =>
      withQuotes(state, ({ quotes }, { conversationId }) =>
        quotes.map(({ edited: _, ...quote }) => {
          const sent = state.conversations.get(conversationId)?.log.get(quote.conversationSeq);
          return sent?.type === 'message.sent' ? { ...quote, message: sent.message } : quote;
        }),
      ),
  },
  {
    mistake: 'what a message replies to is lost',
    caughtBy: 'replies: a message keeps what it replies to',
    open: (state) => {
      const { history } = memoryStorage({ state });
      const withoutReply = (event: Event): Event =>
        event.type === 'message.sent' ? { ...event, replyTo: undefined } : event;
      return withHistory(memoryStorage({ state }), {
        append: (events) => history.append(events.map(withoutReply)),
      });
    },
  },
  {
    mistake: 'a message that is asked for twice is quoted twice',
    caughtBy: 'replies: nothing is quoted but messages',
    open: (state) =>
      withQuotes(state, ({ quotes }, { seqs }) =>
        seqs.flatMap((seq) => quotes.find(({ conversationSeq }) => conversationSeq === seq) ?? []),
      ),
  },
  {
    mistake: 'whoever was in a conversation sees all that is quoted there',
    caughtBy: 'replies: who may not see a message',
    open: (state) =>
      withQuotes(state, ({ quotes, quotesFor }, { conversationId, userId, ...query }) => {
        const stays = state.conversations.get(conversationId)?.stays ?? [];
        const [first] = stays;
        return first && stays.some((stay) => stay.userId === userId)
          ? quotesFor({ ...query, conversationId, userId: first.userId })
          : quotes;
      }),
  },
  {
    mistake: 'a former member is quoted edits after they left',
    caughtBy: 'replies: who may not see a message',
    open: (state) =>
      withQuotes(state, ({ quotes }, { conversationId, bytes }) =>
        quotes.map((quote) => {
          const of = { conversationId, target: quote.conversationSeq, name: 'content', key: '', owner: null } as const;
          const register = state.registers.get(registerKey(of));
          if (register?.name !== 'content' || !register.value) return quote;
          const { message, version, at } = register.value;
          const isLarge = JSON.stringify(message).length > bytes;
          return { ...quote, message: isLarge ? null : message, ...(!isLarge && { edited: { version, at } }) };
        }),
      ),
  },
  {
    mistake: 'quotes of any size are loaded',
    caughtBy: 'replies: of what is too large',
    open: (state) =>
      withQuotes(state, ({ quotesFor }, query) => quotesFor({ ...query, bytes: Number.MAX_SAFE_INTEGER })),
  },
  // ── Revoked messages ─────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'the edits of what was revoked say what they said',
    caughtBy: 'revoke: the message and each of its edits are erased',
    open: (state) => keepingEvents(state, 'message.edited', isStored),
  },
  {
    mistake: 'what a batch says of a message that it revokes itself is written',
    caughtBy: 'revoke: what the batch itself says',
    open: (state) => keepingEvents(state, 'message.sent', (event, batch) => batch.includes(event)),
  },
  {
    mistake: 'reactions to what was revoked are still set',
    caughtBy: 'revoke: nothing that was said of it is set any more',
    open: (state) => {
      const kept = new Map<string, Register>();
      return afterWriting(memoryStorage({ state }), () => {
        for (const [key, register] of state.registers) if (register.name === 'reaction') kept.set(key, register);
        for (const [key, register] of kept) state.registers.set(key, register);
      });
    },
  },
  {
    mistake: 'one message of those revoked at once is erased',
    caughtBy: 'revoke: many messages at once',
    open: (state) => {
      let erased = 0;
      return keepingEvents(state, 'message.sent', (event, batch) => isStored(event, batch) && erased++ > 0);
    },
  },
  {
    mistake: 'what was revoked is still unread',
    caughtBy: 'revoke: what is unread falls by one',
    open: (state) =>
      withSummaries(state, (summary) => {
        const { conversationId, unread, createdBy } = summary;
        const log = [...(state.conversations.get(conversationId)?.log.values() ?? [])];
        return {
          ...summary,
          unread: unread + log.filter(({ type, actorId }) => type === 'message.erased' && actorId === createdBy).length,
        };
      }),
  },
  {
    mistake: 'a page for a former member says what they saw then',
    caughtBy: 'revoke: a page carries what was revoked as what is left',
    open: (state) => {
      const seen = new Map<string, Event>();
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        append: async (events, delivery) => {
          for (const event of events) if (event.type === 'message.sent') seen.set(refKey(event), event);
          return history.append(events, delivery);
        },
        range: async (query) => {
          const page = await history.range(query);
          const isMember = state.conversations
            .get(query.conversationId)
            ?.stays.some(({ userId, leftSeq }) => userId === query.userId && leftSeq === null);
          return isMember ? page : { ...page, events: page.events.map((event) => seen.get(refKey(event)) ?? event) };
        },
      });
    },
  },
  // ── Mentions ─────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'a message mentions whom it was sent to, whatever its edits say',
    caughtBy: 'mentions: those unread are',
    open: (state) =>
      withMentions(state, (event, userId) => event.type === 'message.sent' && isMentioned(event.mentions, userId)),
  },
  {
    mistake: 'all are nobody',
    caughtBy: 'mentions: all are every member',
    open: (state) =>
      withMentions(state, (event, userId, content) => {
        const now = content ?? (event.type === 'message.sent' ? event : undefined);
        return now?.mentions?.users.includes(userId) === true;
      }),
  },
  // ── Pins ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'the pins of one conversation are those of all',
    caughtBy: 'registers: one of a conversation itself',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        findRegisters: async (keys) => {
          const found = await history.findRegisters(keys);
          const pins = [...state.registers.values()].filter(({ name }) => name === 'pins').at(-1);
          return found.map((each) => (each.name === 'pins' && pins ? pins : each));
        },
      });
    },
  },
  {
    mistake: 'a conversation where nothing is pinned any more keeps its last pins',
    caughtBy: 'registers: one of a conversation itself',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        append: async (events, delivery) => {
          const before = new Map(state.registers);
          const outcome = await history.append(events, delivery);
          for (const [key, register] of state.registers) {
            const known = before.get(key);
            if (register.name === 'pins' && register.value?.length === 0 && known) state.registers.set(key, known);
          }
          return outcome;
        },
      });
    },
  },
  // ── Bounds ───────────────────────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'a full page is taken for one of many',
    caughtBy: 'range: a page ends at its limit',
    open: (state) => {
      const { history } = memoryStorage({ state });
      return withHistory(memoryStorage({ state }), {
        range: async (query) => {
          const page = await history.range(query);
          return { ...page, hasMore: page.events.length === query.limit };
        },
      });
    },
  },
  {
    mistake: 'a page of the inbox holds whatever its limit allows',
    caughtBy: 'inbox: a page ends at its limit',
    open: (state) => {
      const { inbox } = memoryStorage({ state });
      return withInbox(memoryStorage({ state }), {
        range: (userId, after, limit) => inbox.range(userId, after, limit),
      });
    },
  },
  // ── Order, retention, restart ────────────────────────────────────────────────────────────────────────────────────
  {
    mistake: 'an inbox is read in the order of writing',
    caughtBy: 'inbox: bounds are 0 and 0 without an inbox, and follow the highest seq',
    open: (state) =>
      withInbox(memoryStorage({ state }), {
        range: async (userId, after, limit) =>
          [...(state.inboxes.get(userId)?.rows.values() ?? [])].filter((row) => row.seq > after).slice(0, limit),
      }),
  },
  {
    mistake: 'purge removes the newest row, and its seq with it',
    caughtBy: 'retention: a head survives the expiry of every row',
    open: (state) =>
      withInbox(memoryStorage({ state }), {
        purge: async (before, limit) => purgeAnyRow(state, before, limit, () => true),
      }),
  },
  {
    mistake: 'purge removes from the middle',
    caughtBy: 'retention: writers whose clocks disagree',
    open: (state) =>
      withInbox(memoryStorage({ state }), {
        purge: async (before, limit) =>
          purgeAnyRow(state, before, limit, (row) => row.seq < (state.inboxes.get(row.userId)?.head ?? 0)),
      }),
  },
  {
    mistake: 'purge knows no limit',
    caughtBy: 'retention: purge goes in batches no larger than its limit',
    open: (state) => {
      const { inbox } = memoryStorage({ state });
      return withInbox(memoryStorage({ state }), { purge: (before) => inbox.purge(before, 1_000) });
    },
  },
  {
    mistake: 'purge stops at a row that a wrong clock dated',
    caughtBy: 'retention: rows that a clock far ahead dated',
    open: (state) => {
      const { inbox } = memoryStorage({ state });
      return withInbox(memoryStorage({ state }), { purge: (before, limit) => inbox.purge(before, limit) });
    },
  },
  {
    mistake: 'the floor stays where it was',
    caughtBy: 'retention: the oldest rows go',
    open: (state) => {
      const { inbox } = memoryStorage({ state });
      return withInbox(memoryStorage({ state }), {
        bounds: async (userIds) =>
          new Map(
            [...(await inbox.bounds(userIds))].map(([userId, { head }]) => [userId, { floor: 0 as never, head }]),
          ),
      });
    },
  },
  {
    mistake: 'a new epoch is forgotten',
    caughtBy: 'inbox: a new epoch is another one',
    open: (state) => withInbox(memoryStorage({ state }), { renewEpoch: async () => createMemoryState().epoch }),
  },
  {
    mistake: 'a restart makes a new epoch',
    caughtBy: 'inbox: rows and epoch are there after a restart',
    open: (state) => withInbox(memoryStorage({ state }), { epoch: createMemoryState().epoch }),
  },
  {
    mistake: 'a restart forgets',
    caughtBy: 'history: everything is there after a restart',
    open: () => memoryStorage(),
  },
];

/** `commit` goes through the given stores, still in one step where the mistake does not lie in between. */
function withHistory(storage: Storage, changes: Partial<HistoryStore>): Storage {
  return { ...storage, history: { ...storage.history, ...changes } };
}

function withInbox(storage: Storage, changes: Partial<InboxStore>): Storage {
  return { ...storage, inbox: { ...storage.inbox, ...changes } };
}

function beforeWriting(storage: Storage, act: (batch: CommitBatch) => void): Storage {
  const { history, inbox } = storage;
  const acting = <T extends CommitBatch>(batch: T): T => {
    act(batch);
    return batch;
  };
  return {
    ...storage,
    history: { ...history, append: (events) => history.append(acting({ events, rows: [] }).events) },
    inbox: { ...inbox, append: (rows) => inbox.append(acting({ events: [], rows }).rows) },
    commit: (batch) => storage.commit(acting(batch)),
  };
}

function afterWriting(storage: Storage, act: () => void): Storage {
  const { history } = storage;
  const acting = async <T>(written: Promise<T>): Promise<T> => {
    const outcome = await written;
    act();
    return outcome;
  };
  return {
    ...storage,
    history: { ...history, append: (events, delivery) => acting(history.append(events, delivery)) },
    commit: (batch) => acting(storage.commit(batch)),
  };
}

/** Events of a type stay as they were emitted where `keeps` says so, whatever is erased. */
function keepingEvents(
  state: MemoryState,
  type: Event['type'],
  keeps: (event: Event, batch: readonly Event[]) => boolean,
): Storage {
  const emitted: Event[] = [];
  const storage = memoryStorage({ state });
  const keep = async <T>(batch: readonly Event[], write: () => Promise<T>): Promise<T> => {
    emitted.push(...batch.filter((event) => event.type === type));
    const outcome = await write();
    for (const event of emitted) {
      const { log } = state.conversations.get(event.conversationId) ?? {};
      const isErased = log?.get(event.conversationSeq)?.type === withoutContent(event).type;
      if (isErased && keeps(event, batch)) log.set(event.conversationSeq, event);
    }
    return outcome;
  };
  const { history } = storage;
  return {
    ...storage,
    history: {
      ...history,
      append: (events, delivery) => keep(events, () => history.append(events, delivery)),
    },
    commit: (batch) => keep(batch.events, () => storage.commit(batch)),
  };
}

/** By an earlier batch. */
function isStored(event: Event, batch: readonly Event[]): boolean {
  return !batch.includes(event);
}

function withSummaries(
  state: MemoryState,
  change: (summary: ConversationSummary, userId: UserId) => ConversationSummary,
): Storage {
  const { history } = memoryStorage({ state });
  return withHistory(memoryStorage({ state }), {
    conversations: async (query) => {
      const page = await history.conversations(query);
      return { ...page, conversations: page.conversations.map((each) => change(each, query.userId)) };
    },
    conversation: async (userId, id) => {
      const summary = await history.conversation(userId, id);
      return summary && change(summary, userId);
    },
  });
}

/** @param isMeant whether an unread event mentions the user, with what it says since its last edit */
function withMentions(
  state: MemoryState,
  isMeant: (event: Event, userId: UserId, content: EditedContent | undefined) => boolean,
): Storage {
  return withSummaries(state, (summary, userId) => {
    const { conversationId } = summary;
    const log = [...(state.conversations.get(conversationId)?.log.values() ?? [])];
    const mentions = log.filter((event) => {
      const of = { conversationId, target: event.conversationSeq, name: 'content', key: '', owner: null } as const;
      const content = state.registers.get(registerKey(of))?.value as EditedContent | undefined;
      return counts(event, userId, summary) && isMeant(event, userId, content);
    });
    return { ...summary, unreadMentions: mentions.length };
  });
}

/** Everything that pages carry of their events goes through `change`. */
function withShown(state: MemoryState, change: (shown: readonly Register[]) => Register[]): Storage {
  const { history } = memoryStorage({ state });
  return withHistory(memoryStorage({ state }), {
    findShown: async (views) => change(await history.findShown(views)),
    range: async (query) => {
      const page = await history.range(query);
      return { ...page, registers: change(page.registers) };
    },
  });
}

/** Quotes as `change` makes them. */
function withQuotes(
  state: MemoryState,
  change: (
    known: { readonly quotes: readonly Quote[]; readonly quotesFor: HistoryStore['quotes'] },
    query: QuotesQuery,
  ) => readonly Quote[] | Promise<readonly Quote[]>,
): Storage {
  const { history } = memoryStorage({ state });
  return withHistory(memoryStorage({ state }), {
    quotes: async (query) => [
      ...(await change({ quotes: await history.quotes(query), quotesFor: history.quotes }, query)),
    ],
  });
}

/** Of everybody who is counted. */
function ownersAt(state: MemoryState, { conversationId, target, key }: Register): Register[] {
  return [...state.registers.values()].filter(
    (each) =>
      each.name === 'reaction' && each.conversationId === conversationId && each.target === target && each.key === key,
  );
}

/** Keys are compared as `change` makes them. */
function withReactionKeys(state: MemoryState, change: (key: string) => string): Storage {
  const { history } = memoryStorage({ state });
  return withHistory(memoryStorage({ state }), {
    owners: async ({ of, ...page }) => {
      const groups = of.flatMap((group) =>
        [...state.registers.values()].filter(
          ({ name, target, conversationId, key }) =>
            name === group.name &&
            target === group.target &&
            conversationId === group.conversationId &&
            change(key) === change(group.key),
        ),
      );
      return history.owners({ of: groups, ...page });
    },
  });
}

/** Copies every text of an event by `change`, and objects key by key (which is what loses `__proto__`). */
function withText(state: MemoryState, change: (text: string) => string): Storage {
  const copy = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return change(value);
    if (Array.isArray(value)) return (value as JsonValue[]).map(copy);
    if (value === null || typeof value !== 'object') return value;
    const result: Record<string, JsonValue> = {};
    for (const [key, each] of Object.entries(value)) result[key] = copy(each as JsonValue);
    return result;
  };
  const { history } = memoryStorage({ state });
  return withHistory(memoryStorage({ state }), {
    append: (events) => history.append(events.map((event) => copy(event as unknown as JsonValue) as unknown as Event)),
  });
}

/** As a plain DELETE would, with the bounds derived from the rows that are left. */
function purgeAnyRow(state: MemoryState, before: number, limit: number, may: (row: InboxRow) => boolean): number {
  let removed = 0;
  for (const inbox of state.inboxes.values()) {
    for (const row of [...inbox.rows.values()]) {
      if (row.at >= before || removed >= limit || !may(row)) continue;
      inbox.rows.delete(row.seq);
      removed++;
    }
    inbox.head = Math.max(0, ...inbox.rows.keys());
    inbox.floor = Math.max(0, Math.min(...inbox.rows.keys(), inbox.head) - 1);
  }
  return removed;
}

/** Has these events follow the head of their conversation, wherever it is. */
function followWhateverThereIs(state: MemoryState, events: readonly Event[]): void {
  for (const { conversationId, after } of project(events).heads) {
    const table = state.conversations.get(conversationId);
    if (table) table.head = { ...table.head, head: after as ConversationSeq };
  }
}
