import {
  type CommandId,
  type ConversationId,
  createIdSource,
  type MessageId,
  parseUserId,
  type Random,
  type UserId,
} from '@tidemark/core';

/** Valid ids and a clock that ticks, the same in every run of one seed and different between seeds. */
export interface SeededIds {
  /** `alice` → `alice-<seed>`: the same user whenever it is asked for. */
  userId(name: string): UserId;
  /** A new one each time. */
  commandId(): CommandId;
  messageId(): MessageId;
  groupId(): ConversationId;
  /** Milliseconds since 1970; each call is one later. Starts at {@link SEEDED_START} unless set. */
  now(): number;
}

/** 2100-01-01: so late that a store which expires rows by itself does not do so in the middle of a test. */
export const SEEDED_START = Date.UTC(2100, 0, 1);

/** @param seed a non-negative integer; 1 unless set. @param startAt the first `now()`, in milliseconds since 1970. */
export function seededIds(seed = 1, startAt = SEEDED_START): SeededIds {
  const source = createIdSource(seededRandom(seed));
  let at = startAt;
  const now = (): number => at++;
  return {
    userId: (name) => parseUserId(`${name}-${seed}`),
    commandId: () => source.commandId(now()),
    messageId: () => source.messageId(now()),
    groupId: () => source.groupId(now()),
    now,
  };
}

/**
 * Numbers in [0, 1) that depend on the seed alone. Good enough for tests, not for secrets.
 * Source: mulberry32 by Tommy Ettinger (public domain).
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
