import { type Clock, type ConversationId, type Limits, TidemarkError, type UserId } from '@tidemark/core';
import { RecentMap } from '../recent-map.ts';

const HOUR = 3_600_000;
/** Users and conversations remembered; who is forgotten starts anew. */
const REMEMBERED = 50_000;

/**
 * What the rate of calls does not bound: how many conversations a user begins in an hour, and how many others may put a user
 * into. Counted on this process, from the first one on for an hour; a deployment of several processes allows as many times
 * more. Stage 1.
 *
 * Keeps  P11
 */
export class Quotas {
  readonly #limits: Pick<Limits, 'conversationsPerHour' | 'invitationsPerHour'>;
  readonly #begun: HourlyCount;
  readonly #invited: HourlyCount;
  /** Direct conversations that a user has opened: to open one again begins nothing. */
  readonly #opened: HourlyCount;

  constructor(clock: Clock, limits: Pick<Limits, 'conversationsPerHour' | 'invitationsPerHour'>) {
    this.#limits = limits;
    this.#begun = new HourlyCount(clock);
    this.#invited = new HourlyCount(clock);
    this.#opened = new HourlyCount(clock);
  }

  /** Counts a group that `actorId` creates with these members. Throws `rate_limited`, with nothing counted. */
  createGroup(actorId: UserId, memberIds: readonly UserId[]): void {
    this.#requireMore(actorId);
    this.addMembers(actorId, memberIds);
    this.#begun.add(actorId);
  }

  /** Counts a direct conversation, once. Throws `rate_limited`. */
  openDirect(actorId: UserId, conversationId: ConversationId): void {
    const key = `${actorId} ${conversationId}`;
    if (this.#opened.of(key) > 0) return;
    this.#requireMore(actorId);
    this.#opened.add(key);
    this.#begun.add(actorId);
  }

  /** Counts that users are put into a conversation. Throws `rate_limited` naming the first who may not be, with nothing counted. */
  addMembers(actorId: UserId, memberIds: readonly UserId[]): void {
    const { invitationsPerHour: most } = this.#limits;
    const others = new Set(memberIds);
    others.delete(actorId);
    for (const userId of others) {
      if (this.#invited.of(userId) < most) continue;
      throw new TidemarkError(
        'rate_limited',
        `others have put ${userId} into ${most} conversations within an hour (limits.invitationsPerHour)`,
        { field: `memberIds.${memberIds.indexOf(userId)}`, limit: 'limits.invitationsPerHour' },
      );
    }
    for (const userId of others) this.#invited.add(userId);
  }

  #requireMore(actorId: UserId): void {
    const { conversationsPerHour: most } = this.#limits;
    if (this.#begun.of(actorId) < most) return;
    throw new TidemarkError('rate_limited', `at most ${most} new conversations an hour (limits.conversationsPerHour)`, {
      limit: 'limits.conversationsPerHour',
    });
  }
}

/** Counts by key, each for an hour from its first. */
class HourlyCount {
  readonly #clock: Clock;
  readonly #counts = new RecentMap<string, { count: number; until: number }>(REMEMBERED);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(key: string): number {
    return this.#current(key)?.count ?? 0;
  }

  add(key: string): void {
    const { count, until } = this.#current(key) ?? { count: 0, until: this.#clock.monotonic() + HOUR };
    this.#counts.put(key, { count: count + 1, until });
  }

  #current(key: string): { count: number; until: number } | undefined {
    const counted = this.#counts.get(key);
    return counted && counted.until > this.#clock.monotonic() ? counted : undefined;
  }
}
