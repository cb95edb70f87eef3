import { type Clock, type ConversationId, type HistoryStore, participants, type UserId } from '@tidemark/core';
import { notAMember } from '../features/deciding.ts';
import { RecentMap } from '../recent-map.ts';
import type { RateLimit } from './rate-limit.ts';

/** ms for which a group's members may be remembered. The writer of the conversation asks again, in order. */
const FRESH_FOR = 5_000;
const CONVERSATIONS = 10_000;
/**
 * What a command costs whose caller is no member: nothing of it is remembered, and that of a former member goes through the
 * writer to be refused. An outbox with twenty drafts still gets its answers at once.
 */
const OUTSIDER_TOKENS = 9;

/**
 * Refuses a command to a conversation the caller is not in, before it is queued. The id of a direct conversation says who
 * is in it; the members of a group are read, and remembered for a moment: only a "yes" is ever answered from memory.
 * Stage 1.
 *
 * Keeps  P12 (once; the writer keeps it for good)
 */
export class MembershipGate {
  readonly #history: HistoryStore;
  readonly #clock: Clock;
  readonly #rate: Pick<RateLimit, 'spend' | 'charge'>;
  readonly #members = new RecentMap<ConversationId, { userIds: ReadonlySet<UserId>; until: number }>(CONVERSATIONS);

  constructor(history: HistoryStore, clock: Clock, rate: Pick<RateLimit, 'spend' | 'charge'>) {
    this.#history = history;
    this.#clock = clock;
    this.#rate = rate;
  }

  /**
   * Throws `not_a_member` for a stranger. Whoever has ever been a member is let through: a copy of the same command may be
   * stored or queued since before they left, and only the writer, in order, can say what became of it.
   */
  async admit(userId: UserId, conversationId: ConversationId): Promise<Admitted> {
    const known = participants(conversationId);
    if (known) return known.includes(userId) ? { members: known.length } : this.#refuse(userId);
    const remembered = this.#members.get(conversationId);
    if (remembered && remembered.until > this.#clock.monotonic() && remembered.userIds.has(userId)) {
      return { members: remembered.userIds.size };
    }
    // One row by its key, so that an outsider's command doesn't have all members of a group read.
    const stays = await this.#history.memberships([conversationId], userId);
    if (stays.length === 0) return this.#refuse(userId);
    if (stays.every((stay) => stay.leftSeq !== null)) {
      this.#rate.spend(userId, { tokens: OUTSIDER_TOKENS });
      return { members: 0 };
    }
    const state = (await this.#history.load([conversationId])).get(conversationId);
    const userIds = new Set(state?.members.keys());
    this.#members.put(conversationId, { userIds, until: this.#clock.monotonic() + FRESH_FOR });
    return { members: userIds.size };
  }

  #refuse(userId: UserId): never {
    this.#rate.charge(userId, { tokens: OUTSIDER_TOKENS });
    throw notAMember();
  }
}

export interface Admitted {
  /** Who are sent what a command causes; 0 for a former member's, which the writer refuses unless it was stored before. */
  readonly members: number;
}
