import { type Event, systemClock, type UserId } from '@tidemark/core';
import { conversationBuilder, seededIds } from '@tidemark/testkit';
import { expect, it } from 'vitest';
import { createClientEmitter } from '../src/client-events.ts';
import { memoryLocalStore } from '../src/index.ts';
import { unknownConversation } from '../src/local-store/conversation-row.ts';
import { createLocalReplica } from '../src/local-store/local-replica.ts';
import { joinRegisters, settingsOf } from '../src/sync/registers.ts';
import { withRegisters } from '../src/sync/with-registers.ts';

const ids = seededIds();
const [alice, bob] = [ids.userId('alice'), ids.userId('bob')];
const chat = conversationBuilder({ ids, memberIds: [alice, bob] });
const theirs = chat.message({ from: bob });
const mine = chat.message({ from: alice });
const edited = settingsOf([chat.edit(theirs), chat.edit(mine)], alice);

/** A replica of alice that has these, of which a page said what is said of them by now. */
async function replicaWith(events: readonly Event[], local: { from: number; to: number } | null) {
  const userId: UserId = alice;
  const replica = createLocalReplica({
    store: memoryLocalStore(),
    userId,
    timing: { clock: systemClock, random: Math.random, baseMs: 1, capMs: 2 },
    events: createClientEmitter(),
    closing: new AbortController().signal,
    unsavedLimit: 100,
    onCommit: () => undefined,
    onLost: () => undefined,
  });
  const row = { ...unknownConversation(chat.conversationId, userId, true), local };
  await replica.commit(() => ({
    conversations: [row],
    events: events.map((event) => joinRegisters(event, edited)),
  }));
  return replica;
}

it.each([
  ['that a page brought', theirs, { from: 1, to: 3 }],
  ['of one’s own that was fetched beyond what is kept', mine, { from: 1, to: 2 }],
  ['of one’s own of a conversation that is not kept yet', mine, null],
])('an event %s loses nothing when the feed brings it', async (_, event, local) => {
  const replica = await replicaWith([event], local);
  const [joined] = await withRegisters([event], replica, alice);
  expect(joined).toEqual(joinRegisters(event, edited));
  expect(joined).not.toEqual(event);
});

it('an event is joined with what comes beside it, and one of the local store comes along', async () => {
  const replica = await replicaWith([theirs], { from: 1, to: 3 });
  const again = chat.edit(theirs);
  const reacted = chat.react(theirs, '👍', { from: alice });
  const joined = await withRegisters([again, reacted], replica, alice);
  const [kept] = joined.filter((event) => event.conversationSeq === theirs.conversationSeq);
  const registers = (kept as ReturnType<typeof joinRegisters> | undefined)?.registers ?? [];
  expect(registers.map(({ name, seq }) => [name, seq])).toEqual([
    ['content', again.conversationSeq],
    ['reaction', reacted.conversationSeq],
    ['reactions', reacted.conversationSeq],
  ]);
});
