import {
  type Clock,
  type ConversationId,
  type HistoryStore,
  participants,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { RecentMap } from '../recent-map.ts';

/** ms for which a group's members may be remembered. The writer of the conversation asks again, in order. */
const FRESH_FOR = 5_000;
const CONVERSATIONS = 10_000;

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
  readonly #members = new RecentMap<ConversationId, { userIds: ReadonlySet<UserId>; until: number }>(CONVERSATIONS);

  constructor(history: HistoryStore, clock: Clock) {
    this.#history = history;
    this.#clock = clock;
  }

  /** For reading. Throws `not_a_member`. */
  async require(userId: UserId, conversationId: ConversationId): Promise<void> {
    if (!(await this.#isMember(userId, conversationId))) throw notAMember();
  }

  /**
   * For commands. Throws `not_a_member` for a stranger. Whoever has ever been a member is let through: a copy of the same
   * command may be stored or queued since before they left, and only the writer, in order, can say what became of it.
   */
  async admit(userId: UserId, conversationId: ConversationId): Promise<void> {
    if (await this.#isMember(userId, conversationId)) return;
    // Nobody joins or leaves where the id says who is in it.
    const stays = participants(conversationId) ? [] : await this.#history.memberships([conversationId]);
    if (!stays.some((stay) => stay.userId === userId)) throw notAMember();
  }

  async #isMember(userId: UserId, conversationId: ConversationId): Promise<boolean> {
    const known = participants(conversationId);
    if (known) return known.includes(userId);
    const remembered = this.#members.get(conversationId);
    if (remembered && remembered.until > this.#clock.monotonic() && remembered.userIds.has(userId)) return true;
    const state = (await this.#history.load([conversationId])).get(conversationId);
    if (!state) return false;
    const userIds = new Set(state.members.keys());
    this.#members.put(conversationId, { userIds, until: this.#clock.monotonic() + FRESH_FOR });
    return userIds.has(userId);
  }
}

function notAMember(): TidemarkError {
  return new TidemarkError('not_a_member', 'the caller is not a member of this conversation', {
    field: 'conversationId',
  });
}
