import { type CommandId, type ConversationId, TidemarkError, type UserId } from '@tidemark/core';
import { describe, expect, it } from 'vitest';
import { type NewRefusal, REFUSALS_KEPT, type Refusal } from '../../src/transfer/refusals.ts';
import type { Deploy } from './deployment.ts';

function refusal(number: number): NewRefusal {
  return {
    actorId: 'alice' as UserId,
    commandId: `c${number}` as CommandId,
    conversationId: 'd:alice,bob' as ConversationId,
    retry: number % 3,
    error: new TidemarkError('not_a_member', `for the ${number}th time`, { field: 'conversationId' }),
  };
}

const ids = (refusals: readonly Refusal[]) => refusals.map((each) => each.commandId);

export function describeRefusals(name: string, deploy: Deploy): void {
  describe(`refusals of ${name}`, () => {
    it('are found by every process, in order, as they were remembered', async () => {
      await using deployment = deploy();
      const [one, two] = [deployment.process(), deployment.process()];
      expect((await one.refusals.since(0, undefined)).refusals).toEqual([]);
      await one.refusals.remember(0, [refusal(1), refusal(2)]);
      const { refusals } = await two.refusals.since(0, undefined);
      const told = [refusal(1), refusal(2)].map(({ conversationId: _, ...each }) => each);
      expect(refusals).toEqual(told.map((each) => expect.objectContaining(each)));
      expect(refusals[0]?.error).toMatchObject({ code: 'not_a_member', field: 'conversationId' });
      expect((await two.refusals.since(1, undefined)).refusals).toEqual([]);
    });

    it('are read on from where a reader was', async () => {
      await using deployment = deploy();
      const { refusals } = deployment.process();
      const start = await refusals.since(0, undefined);
      await refusals.remember(0, [refusal(1)]);
      const first = await refusals.since(0, start.position);
      await refusals.remember(0, [refusal(2), refusal(3)]);
      const second = await refusals.since(0, first.position);
      expect([ids(first.refusals), ids(second.refusals)]).toEqual([['c1'], ['c2', 'c3']]);
      const third = await refusals.since(0, second.position);
      expect(third).toEqual({ refusals: [], position: second.position });
    });

    it('are bounded: the oldest of many are forgotten', async () => {
      await using deployment = deploy();
      const { refusals } = deployment.process();
      await refusals.remember(0, [refusal(1)]);
      const { position } = await refusals.since(0, undefined);
      for (let sent = 0; sent < REFUSALS_KEPT; sent += 1_000) {
        await refusals.remember(
          0,
          Array.from({ length: 1_000 }, (_, index) => refusal(2 + sent + index)),
        );
      }
      const kept = ids((await refusals.since(0, undefined)).refusals);
      expect(kept).toHaveLength(REFUSALS_KEPT);
      expect(kept[0]).toBe('c2');
      expect((await refusals.since(0, position)).refusals).toHaveLength(REFUSALS_KEPT);
    });
  });
}
