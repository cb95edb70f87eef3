import {
  type ConversationId,
  type ConversationSeq,
  createIdSource,
  directConversationId,
  type Event,
  type InboxRow,
  parseUserId,
  type Seq,
  type Storage,
} from '@tidemark/core';
import { textOf } from '../systems/message.ts';

const CONVERSATIONS = 20;
const BATCH = 1_000;

interface Conversation {
  readonly conversationId: ConversationId;
  readonly peer: string;
  head: number;
}

/** One user with 20 direct conversations, written through the storage port as the server would have. */
export class MissedInbox {
  readonly user: string;
  readonly #storage: Storage;
  readonly #ids = createIdSource();
  readonly #heads: readonly Conversation[];
  #seq = 0;

  constructor(storage: Storage, user: string) {
    this.#storage = storage;
    this.user = user;
    this.#heads = Array.from({ length: CONVERSATIONS }, (_, index) => {
      const peer = `${user}-peer-${index}`;
      return { conversationId: directConversationId(user, peer), peer, head: 0 };
    });
  }

  /** Creates the conversations, each with a first message. */
  async begin(): Promise<void> {
    await this.#write(2 * CONVERSATIONS);
  }

  /** Messages from the peers, numbered from 1 in the order of the inbox. */
  async add(messages: number): Promise<void> {
    for (let left = messages; left > 0; left -= BATCH) await this.#write(Math.min(BATCH, left));
  }

  async #write(count: number): Promise<void> {
    const events: Event[] = [];
    const rows: InboxRow[] = [];
    for (let each = 0; each < count; each++) {
      const conversation = this.#heads[this.#seq % CONVERSATIONS] as Conversation;
      const { conversationId, peer } = conversation;
      conversation.head += 1;
      this.#seq += 1;
      const at = Date.now();
      const actorId = parseUserId(peer);
      const userId = parseUserId(this.user);
      const place = { conversationId, conversationSeq: conversation.head as ConversationSeq, actorId, at };
      const event: Event =
        conversation.head === 1
          ? {
              type: 'conversation.created',
              ...place,
              commandId: null,
              kind: 'direct',
              title: null,
              memberIds: [actorId, userId],
            }
          : {
              type: 'message.sent',
              ...place,
              commandId: this.#ids.commandId(at),
              messageId: this.#ids.messageId(at),
              message: { type: 'text', content: { text: textOf(this.#seq - 2 * CONVERSATIONS) } },
            };
      events.push(event);
      rows.push({ userId, seq: this.#seq as Seq, ref: event, at });
      rows.push({ userId: actorId, seq: conversation.head as Seq, ref: event, at });
    }
    const { conflict } = await this.#storage.commit({ events, rows });
    if (conflict) throw new Error(`a key of an inbox of its own was taken (${conflict})`);
  }
}
