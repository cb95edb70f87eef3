import type { ConversationId, RefusedCommand } from '@tidemark/core';
import { expect } from 'vitest';
import { HOSTILE_TEXT, HOSTILE_USER_IDS } from '../builders/hostile-text.ts';
import { SEEDED_START, seededIds } from '../builders/seeded-ids.ts';
import type { ConformanceCase, OpenedHistory } from '../conformance-case.ts';

const conversationId = 'd:alice,bob' as ConversationId;

function refused(more: Partial<RefusedCommand> = {}): RefusedCommand {
  const ids = seededIds();
  return {
    actorId: ids.userId('alice'),
    commandId: ids.commandId(),
    conversationId,
    retry: 0,
    text: 'not_a_member [conversationId]: the caller is not a member of this conversation',
    at: SEEDED_START,
    ...more,
  };
}

const inOrder = (refusals: readonly RefusedCommand[]) =>
  [...refusals].sort((a, b) => a.at - b.at || a.retry - b.retry || (a.commandId < b.commandId ? -1 : 1));

/** What was refused for good. */
export const historyRefusalCases: readonly ConformanceCase<OpenedHistory>[] = [
  {
    name: 'refusals: what was kept is there after a restart, as it was, whatever its ids and its text',
    run: async (open) => {
      await using opened = await open();
      const ids = seededIds();
      const kept = [
        ...HOSTILE_TEXT.map((text) => refused({ commandId: ids.commandId(), text: `forbidden: ${text}` })),
        ...HOSTILE_USER_IDS.map((actorId) => refused({ actorId, commandId: ids.commandId() })),
      ].map((each, n) => ({ ...each, at: SEEDED_START + n }));
      expect(await opened.history.newestRefusals(0, 10)).toEqual([]);
      await opened.history.keepRefusals([]);
      await opened.history.keepRefusals(kept);
      for (const history of [opened.history, await opened.reopen()]) {
        expect(inOrder(await history.newestRefusals(0, 1_000))).toEqual(kept);
      }
    },
  },
  {
    name: 'refusals: of one command each intention has its own, and one that is kept again stays, with the later time',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const first = refused();
      const retried = { ...first, retry: 1, at: first.at + 1, text: 'forbidden: still not' };
      await history.keepRefusals([first, retried]);
      await history.keepRefusals([{ ...first, at: first.at + 5 }, first, { ...retried, at: first.at }]);
      const other = refused({ actorId: seededIds().userId('bob'), at: first.at + 9 });
      await (await opened.reopen()).keepRefusals([other]);
      expect(inOrder(await history.newestRefusals(0, 10))).toEqual([retried, { ...first, at: first.at + 5 }, other]);
    },
  },
  {
    name: 'refusals: the newest are given, as many as asked for, and the oldest removed',
    run: async (open) => {
      await using opened = await open();
      const { history } = opened;
      const ids = seededIds();
      const kept = Array.from({ length: 25 }, (_, n) => refused({ commandId: ids.commandId(), at: SEEDED_START + n }));
      await Promise.all(kept.map((each) => history.keepRefusals([each])));
      expect(inOrder(await history.newestRefusals(0, 10))).toEqual(kept.slice(15));
      expect(inOrder(await history.newestRefusals(SEEDED_START + 20, 10))).toEqual(kept.slice(20));
      expect(await history.purgeRefusals(SEEDED_START + 12, 8)).toBe(8);
      expect(await history.purgeRefusals(SEEDED_START + 12, 8)).toBe(4);
      expect(await history.purgeRefusals(SEEDED_START + 12, 8)).toBe(0);
      expect(inOrder(await history.newestRefusals(0, 1_000))).toEqual(kept.slice(12));
    },
  },
];
