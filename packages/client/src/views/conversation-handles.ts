import type { ConversationId } from '@tidemark/core';
import type { LiveMessagesView } from './messages-view.ts';

/** Views that keep their messages though nobody looks: going back to a conversation shows it at once. */
const IDLE_VIEWS = 8;

interface Entry<H> {
  readonly handle: H;
  readonly messages: LiveMessagesView;
}

/** Says when a messages view is to be kept. */
export interface Usage {
  readonly onUse: () => void;
  readonly onIdle: () => void;
}

/**
 * The handles that were given out. One is the same object for as long as anybody has it, and is freed when nobody does;
 * one whose messages are looked at is held here, and so are the few that were looked at last.
 */
export interface ConversationHandles<H> {
  get(conversationId: ConversationId): H;
  /** The messages view of the conversation, if anybody can have it. */
  messagesOf(conversationId: ConversationId): LiveMessagesView | undefined;
  all(): Iterable<LiveMessagesView>;
}

export function createConversationHandles<H>(
  make: (conversationId: ConversationId, usage: Usage) => Entry<H>,
): ConversationHandles<H> {
  // An entry is reachable from its handle and from its view, so that either of them keeps both.
  const given = new Map<ConversationId, WeakRef<Entry<H>>>();
  const used = new Map<ConversationId, Entry<H>>();
  /** The one that was left last is last. */
  const idle = new Map<ConversationId, Entry<H>>();
  let sweepAt = 64;

  function peek(conversationId: ConversationId): Entry<H> | undefined {
    return given.get(conversationId)?.deref();
  }

  function add(conversationId: ConversationId): Entry<H> {
    sweep();
    const entry: Entry<H> = make(conversationId, {
      onUse: () => {
        idle.delete(conversationId);
        used.set(conversationId, entry);
      },
      onIdle: () => {
        used.delete(conversationId);
        idle.delete(conversationId);
        idle.set(conversationId, entry);
        for (const [oldest, { messages }] of idle) {
          if (idle.size <= IDLE_VIEWS) break;
          idle.delete(oldest);
          messages.forget();
        }
      },
    });
    given.set(conversationId, new WeakRef(entry));
    return entry;
  }

  /** Names of freed handles go once in a while: there are never more than twice as many as living ones. */
  function sweep(): void {
    if (given.size < sweepAt) return;
    for (const [conversationId, ref] of given) if (!ref.deref()) given.delete(conversationId);
    sweepAt = Math.max(64, given.size * 2);
  }

  return {
    get: (conversationId) => (peek(conversationId) ?? add(conversationId)).handle,
    messagesOf: (conversationId) => peek(conversationId)?.messages,
    all: function* () {
      for (const ref of given.values()) {
        const messages = ref.deref()?.messages;
        if (messages) yield messages;
      }
    },
  };
}
