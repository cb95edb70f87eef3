import { DEFAULT_LIMITS, type HistoryStore, selfConversationId } from '@tidemark/core';
import { expect, test } from 'vitest';
import { MembershipGate } from '../../src/router/membership-gate.ts';
import { RateLimit } from '../../src/router/rate-limit.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { addMembers, alice, bob, carol, createGroup, direct, group, removeMembers } from '../support/commands.ts';
import { openWriter } from '../support/writer.ts';

function openGate() {
  const writer = openWriter();
  let loads = 0;
  const history: HistoryStore = {
    ...writer.storage.history,
    load: (ids) => {
      loads += 1;
      return writer.storage.history.load(ids);
    },
  };
  const rate = new RateLimit({ clock: writer.clock, events: new ServerEventBus(), limits: DEFAULT_LIMITS });
  const gate = new MembershipGate(history, writer.clock, rate);
  const lets = (userId: typeof alice, conversationId: typeof direct) =>
    gate.admit(userId, conversationId).then(
      ({ members }) => members > 0,
      (error: { code?: string; field?: string }) => {
        expect(error).toMatchObject({ code: 'not_a_member', field: 'conversationId' });
        return false;
      },
    );
  const admits = (userId: typeof alice, conversationId: typeof direct) =>
    gate.admit(userId, conversationId).then(
      () => true,
      () => false,
    );
  return { writer, gate, rate, lets, admits, loads: () => loads };
}

test('who takes part in a direct conversation, or in that of a user alone, is read off its id', async () => {
  const { lets, loads } = openGate();
  expect(await lets(alice, direct)).toBe(true);
  expect(await lets(carol, direct)).toBe(false);
  expect(await lets(alice, selfConversationId(alice))).toBe(true);
  expect(await lets(bob, selfConversationId(alice))).toBe(false);
  expect(loads()).toBe(0);
});

test('a group lets its members in, and nobody into one that does not exist', async () => {
  const { writer, lets } = openGate();
  expect(await lets(alice, group)).toBe(false);
  await writer.write(createGroup(alice, [bob]));
  expect(await lets(alice, group)).toBe(true);
  expect(await lets(bob, group)).toBe(true);
  expect(await lets(carol, group)).toBe(false);
});

test('a yes is remembered for a moment, a no never', async () => {
  const { writer, lets, loads } = openGate();
  await writer.write(createGroup(alice, [bob]));
  await lets(alice, group);
  const before = loads();
  expect(await lets(bob, group)).toBe(true);
  expect(loads()).toBe(before);
  expect(await lets(carol, group)).toBe(false);
  await writer.write(addMembers(alice, [carol]));
  expect(await lets(carol, group)).toBe(true);
});

test('says how many will be sent what a command causes', async () => {
  const { writer, gate } = openGate();
  await writer.write(createGroup(alice, [bob, carol]));
  expect(await gate.admit(alice, group)).toEqual({ members: 3 });
  expect(await gate.admit(alice, direct)).toEqual({ members: 2 });
});

test('a command of an outsider costs ten, and none of them has the members of the group read', async () => {
  const { writer, gate, rate, loads } = openGate();
  await writer.write(createGroup(alice, [bob]), removeMembers(alice, [bob]));
  for (const outsider of [bob, carol]) {
    let asked = 0;
    for (let allowed = true; allowed && asked < 200; asked += 1) {
      try {
        rate.take(outsider);
        await gate.admit(outsider, group);
      } catch (error) {
        allowed = (error as { code: string }).code === 'not_a_member';
      }
    }
    expect(asked).toBeGreaterThanOrEqual(20);
    expect(asked).toBeLessThanOrEqual(22);
  }
  expect(loads()).toBe(0);
});

test('who was removed is refused once the moment has passed', async () => {
  const { writer, lets } = openGate();
  await writer.write(createGroup(alice, [bob]));
  await lets(bob, group);
  await writer.write(removeMembers(alice, [bob]));
  await writer.clock.advance(5_001);
  expect(await lets(bob, group)).toBe(false);
});

test("commands of strangers are refused, and those of former members are the writer's to refuse", async () => {
  const { writer, admits } = openGate();
  expect(await admits(alice, group)).toBe(false);
  await writer.write(createGroup(alice, [bob]), removeMembers(alice, [bob]));
  expect(await admits(alice, group)).toBe(true);
  expect(await admits(bob, group)).toBe(true);
  expect(await admits(carol, group)).toBe(false);
  expect(await admits(carol, direct)).toBe(false);
});
