import { expect, test } from 'vitest';
import { failureOf, openMessaging } from '../support/callers.ts';
import { recorded } from '../support/recorded.ts';

/** Ids that count how often they are looked at. */
function watchedIds(ids: readonly unknown[]): { ids: string[]; looked: () => number } {
  let looked = 0;
  const watched = new Proxy([...ids], {
    get(target, key, receiver) {
      if (typeof key === 'string' && /^\d+$/.test(key)) looked += 1;
      return Reflect.get(target, key, receiver) as unknown;
    },
  });
  return { ids: watched as string[], looked: () => looked };
}

test('a list of more ids than a group may have is refused before any of them is looked at', async () => {
  await using app = openMessaging({ limits: { inboxMembers: 3 } });
  const reached = recorded(app.messaging, 'limit-reached');
  const { conversationId } = await app.as('alice').conversations.createGroup({ memberIds: ['bob'] });
  const refusal = {
    code: 'BAD_REQUEST',
    message: 'too_many_members [memberIds]: 8000, at most 3 (limits.inboxMembers)',
  };
  const calls = [
    (memberIds: string[]) => app.as('alice').conversations.createGroup({ memberIds }),
    (memberIds: string[]) => app.as('alice').conversations.addMembers({ conversationId, memberIds }),
    (memberIds: string[]) => app.as('alice').conversations.removeMembers({ conversationId, memberIds }),
  ];
  for (const call of calls) {
    const { ids, looked } = watchedIds(new Array(8_000).fill('x'));
    expect(await failureOf(call(ids))).toEqual(refusal);
    expect(looked()).toBe(0);
  }
  expect(reached).toEqual([{ limit: 'limits.inboxMembers', userId: 'alice' }]);
});

test('of a list with a bad id nothing after it is looked at', async () => {
  await using app = openMessaging();
  const { ids, looked } = watchedIds(['bob', '', ...new Array(400).fill('')]);
  expect((await failureOf(app.as('alice').conversations.createGroup({ memberIds: ids }))).message).toMatch(
    /^invalid_input \[memberIds\.1\]: must be 1 to 128 visible ASCII characters/,
  );
  expect(looked()).toBe(2);
});

test('an error is short, whatever it quotes', async () => {
  await using app = openMessaging();
  const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key${n}`, 1]));
  const input = { memberIds: [], ...keys } as { memberIds: string[] };
  const { message } = await failureOf(app.as('alice').conversations.createGroup(input));
  expect(message).toMatch(/^invalid_input \[input\]: /);
  expect(message.length).toBeLessThan(400);
});
