import {
  type ConversationId,
  type ConversationSeq,
  createIdSource,
  type Event,
  type InboxRow,
  parseUserId,
  type Seq,
  type Storage,
  type UserId,
} from '@tidemark/core';
import type { Backplane } from '@tidemark/server';
import { seededRandom } from '@tidemark/testkit';

type InboxSeq = ReturnType<Backplane['inboxSeq']>;

/** As many as a deployment has partitions unless it is told otherwise. */
const WRITERS = 8;
const USERS = 2_000;
/** A writer's batch: at most so many commands, as the server's default is, and so many entries. */
const BATCH_COMMANDS = 200;
const BATCH_ENTRIES = 5_000;
/** Entries read back at once. */
const PAGE = 5_000;

interface Group {
  readonly conversationId: ConversationId;
  readonly members: readonly UserId[];
  /** conversationSeq of the newest event that was acknowledged. */
  head: number;
}

/**
 * Writers as the server has them, one per partition, each with groups of its own: per batch one allocation of seqs, then
 * one commit, and the next batch when that is acknowledged.
 */
export class InboxWriters {
  readonly #storage: Storage;
  readonly #seqs: InboxSeq;
  readonly #groupsOf: readonly (readonly Group[])[];
  readonly #ids = createIdSource();
  readonly #batch: number;

  private constructor(storage: Storage, seqs: InboxSeq, groupsOf: readonly (readonly Group[])[], groupSize: number) {
    this.#storage = storage;
    this.#seqs = seqs;
    this.#groupsOf = groupsOf;
    this.#batch = Math.max(1, Math.min(BATCH_COMMANDS, Math.floor(BATCH_ENTRIES / groupSize)));
  }

  /** Makes the groups; their users have an empty inbox before. */
  static async open(storage: Storage, seqs: InboxSeq, groupSize: number): Promise<InboxWriters> {
    const random = seededRandom(groupSize);
    const ids = createIdSource();
    const users = Array.from({ length: USERS }, (_, index) => parseUserId(`of${groupSize}-${index}`));
    await seqs.raise(new Map(users.map((userId) => [userId, 0 as Seq])));
    const groupsOf = Array.from({ length: WRITERS }, () =>
      Array.from({ length: Math.max(1, Math.floor(1_000 / groupSize)) }, () => ({
        conversationId: ids.groupId(Date.now()),
        members: pick(users, groupSize, random),
        head: 0,
      })),
    );
    const writers = new InboxWriters(storage, seqs, groupsOf, groupSize);
    for (const groups of groupsOf) await writers.#commit(groups, (group) => writers.#creation(group));
    return writers;
  }

  /** Writes for so long, and returns how many entries were acknowledged and the time that took. */
  async run(seconds: number): Promise<{ entries: number; seconds: number }> {
    const started = performance.now();
    const until = started + seconds * 1_000;
    const counts = await Promise.all(
      this.#groupsOf.map(async (groups) => {
        let entries = 0;
        for (let turn = 0; performance.now() < until; ) {
          const batch = Array.from({ length: this.#batch }, () => groups[turn++ % groups.length] as Group);
          entries += await this.#commit(batch, (group) => this.#message(group));
        }
        return entries;
      }),
    );
    return { entries: sum(counts), seconds: (performance.now() - started) / 1_000 };
  }

  /** Reads every inbox back: entries acknowledged and not there, and entries there more than once. */
  async check(): Promise<{ entries: number; lost: number; duplicated: number }> {
    const groupsOfUser = new Map<UserId, Group[]>();
    for (const group of this.#groupsOf.flat()) {
      for (const userId of group.members) groupsOfUser.set(userId, [...(groupsOfUser.get(userId) ?? []), group]);
    }
    const found = { entries: 0, lost: 0, duplicated: 0 };
    const waiting = [...groupsOfUser];
    const lane = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const [userId, groups] = next;
        const { read, distinct } = await this.#read(userId);
        found.entries += read;
        found.lost += sum(groups.map((group) => group.head)) - distinct;
        found.duplicated += read - distinct;
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, lane));
    return found;
  }

  async #read(userId: UserId): Promise<{ read: number; distinct: number }> {
    const seen = new Set<string>();
    let read = 0;
    for (let after = 0; ; ) {
      const page = await this.#storage.inbox.range(userId, after, PAGE);
      for (const { ref } of page) if (ref) seen.add(`${ref.conversationId} ${ref.conversationSeq}`);
      read += page.length;
      if (page.length < PAGE) return { read, distinct: seen.size };
      after = page.at(-1)?.seq ?? after;
    }
  }

  /** allocate → commit, for one event per element of `groups`. Returns the entries written. */
  async #commit(groups: readonly Group[], eventOf: (group: Group) => Event): Promise<number> {
    const events = groups.map(eventOf);
    const counts = new Map<UserId, number>();
    for (const { members } of groups) for (const userId of members) counts.set(userId, (counts.get(userId) ?? 0) + 1);
    const { seqs } = await this.#seqs.allocate(counts);
    const next = new Map<UserId, number>();
    for (const [userId, count] of counts) {
      const seq = seqs.get(userId);
      if (seq === undefined) throw new Error(`the counter of ${userId} is missing`);
      next.set(userId, seq - count + 1);
    }
    const rows: InboxRow[] = [];
    for (const [index, event] of events.entries()) {
      for (const userId of groups[index]?.members ?? []) {
        const seq = next.get(userId) as Seq;
        next.set(userId, seq + 1);
        rows.push({ userId, seq, ref: event, at: event.at });
      }
    }
    const { conflict } = await this.#storage.commit({ events, rows });
    if (conflict) throw new Error(`a key was taken (${conflict}), and every writer has its own`);
    return rows.length;
  }

  #creation(group: Group): Event {
    const [actorId] = group.members;
    group.head = 1;
    return {
      type: 'conversation.created',
      ...this.#head(group, actorId as UserId),
      kind: 'group',
      title: null,
      memberIds: group.members,
    };
  }

  #message(group: Group): Event {
    group.head += 1;
    const actorId = group.members[group.head % group.members.length] as UserId;
    const head = this.#head(group, actorId);
    return { type: 'message.sent', ...head, messageId: this.#ids.messageId(head.at), message: MESSAGE };
  }

  #head({ conversationId, head }: Group, actorId: UserId) {
    const at = Date.now();
    const conversationSeq = head as ConversationSeq;
    return { conversationId, conversationSeq, actorId, commandId: this.#ids.commandId(at), at };
  }
}

const MESSAGE = {
  type: 'text',
  content: { text: 'hello, this is an ordinary chat message of average length, ok?' },
} as const;

/** Some of them, none twice. */
function pick<T>(from: readonly T[], count: number, random: () => number): T[] {
  const left = [...from];
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0] as T);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
