import {
  type Command,
  type CommandId,
  type CommandResult,
  type ConversationSeq,
  type ConversationState,
  type CreateConversation,
  createIdSource,
  DEFAULT_LIMITS,
  directConversationId,
  type Event,
  evolve,
  type MessageSent,
  type MessageTarget,
  selfConversationId,
  type TidemarkError,
} from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { resultOf } from '../../src/features/deciding.ts';
import { Subjects } from '../../src/features/subjects.ts';
import { type Decision, decide } from '../../src/transfer/decide.ts';
import {
  addMembers,
  alice,
  bob,
  carol,
  createGroup,
  dave,
  direct,
  edit,
  group,
  markRead,
  removeMembers,
  send,
} from '../support/commands.ts';

const ids = createIdSource(() => 0.5);

function run(
  state: ConversationState | undefined,
  command: Command,
  options: { now?: number; inboxMembers?: number; subjects?: Subjects; isThere?: boolean } = {},
) {
  return decide(state, command, {
    now: options.now ?? 1_000,
    mostAhead: 500,
    permissions: { pin: 'owner', mentionAll: 'owner' },
    ids,
    limits: { ...DEFAULT_LIMITS, inboxMembers: options.inboxMembers ?? 500 },
    subjects: options.subjects ?? new Subjects(),
    isThere: () => options.isThere ?? true,
  });
}

function accepted(decision: Decision): { events: readonly Event[]; result: CommandResult; state: ConversationState } {
  if ('error' in decision) throw decision.error;
  return decision;
}

function refused(decision: Decision): TidemarkError {
  if ('error' in decision) return decision.error;
  throw new Error('the command was accepted');
}

/** The state after these commands, all accepted. */
function after(...commands: readonly Command[]): ConversationState {
  let state: ConversationState | undefined;
  for (const command of commands) state = accepted(run(state, command)).state;
  return state as ConversationState;
}

describe('a message', () => {
  test('opens the direct conversation of the two users whom its id names', () => {
    const command = send(bob, direct);
    const { events, result } = accepted(run(undefined, command));
    expect(events).toMatchObject([
      { type: 'conversation.created', conversationSeq: 1, kind: 'direct', title: null, commandId: null, actorId: bob },
      {
        type: 'message.sent',
        conversationSeq: 2,
        actorId: bob,
        commandId: command.commandId,
        message: command.message,
      },
    ]);
    expect(events[0]).toHaveProperty('memberIds', [alice, bob]);
    expect(result).toEqual(resultOf(events[1] as Event));
    expect(result.messageId).toHaveLength(26);
  });

  test('opens the conversation of a user alone', () => {
    const { events } = accepted(run(undefined, send(alice, selfConversationId(alice))));
    expect(events[0]).toMatchObject({ type: 'conversation.created', kind: 'self', memberIds: [alice] });
  });

  test.each([
    ['a direct conversation of others', undefined, send(carol, direct)],
    ['the conversation of another user alone', undefined, send(alice, selfConversationId(bob))],
    ['a group that does not exist', undefined, send(alice, group)],
    ['a group the sender is not in', after(createGroup(alice, [bob])), send(carol, group)],
    ['a group the sender has left', after(createGroup(alice, [bob]), removeMembers(bob, [bob])), send(bob, group)],
  ])('to %s is refused', (_, state, command) => {
    expect(refused(run(state, command))).toMatchObject({ code: 'not_a_member', field: 'conversationId' });
  });
});

describe('an edit', () => {
  const sent = accepted(run(undefined, send(alice, direct)));
  const [, message] = sent.events as [Event, MessageSent];
  const known = (...later: Event[]): { subjects: Subjects } => {
    const subjects = new Subjects(sent.events);
    subjects.add(later);
    return { subjects };
  };
  const target = { seq: message.conversationSeq };

  test('gives the message the next version, whichever way it is named', () => {
    const { events, state, result } = accepted(run(sent.state, edit(alice, direct, target), known()));
    expect(events).toMatchObject([
      {
        type: 'message.edited',
        conversationSeq: 3,
        targetSeq: 2,
        version: 2,
        message: { content: { text: 'edited' } },
      },
    ]);
    expect(result).toMatchObject({ conversationSeq: 3, messageId: null });
    const byId = { senderId: alice, clientMessageId: message.commandId as CommandId };
    const again = accepted(run(state, edit(alice, direct, byId), known(...events)));
    expect(again.events).toMatchObject([{ conversationSeq: 4, targetSeq: 2, version: 3 }]);
  });

  test('is for the author alone, while a member; others learn no more than they see', () => {
    expect(refused(run(sent.state, edit(bob, direct, target), known())).code).toBe('forbidden');
    expect(refused(run(sent.state, edit(carol, direct, target), known())).code).toBe('not_a_member');
    const inGroup = accepted(run(undefined, createGroup(alice, [bob])));
    const said = accepted(run(inGroup.state, send(bob, group)));
    const joined = accepted(run(said.state, addMembers(alice, [carol])));
    const left = accepted(run(joined.state, removeMembers(bob, [bob])));
    const subjects = new Subjects(said.events);
    const place = { seq: said.result.conversationSeq };
    expect(refused(run(left.state, edit(bob, group, place), { subjects })).code).toBe('not_a_member');
    expect(refused(run(left.state, edit(carol, group, place), { subjects })).code).toBe('message_not_found');
    expect(refused(run(left.state, edit(alice, group, place), { subjects })).code).toBe('forbidden');
  });

  test('of what is no message of the conversation is refused', () => {
    const elsewhere = accepted(run(undefined, send(alice, selfConversationId(alice))));
    const subjects = new Subjects([...sent.events, ...elsewhere.events]);
    const ask = (which: MessageTarget) => refused(run(sent.state, edit(alice, direct, which), { subjects })).code;
    expect(ask({ seq: 1 as ConversationSeq })).toBe('message_not_found');
    expect(ask({ seq: 9 as ConversationSeq })).toBe('message_not_found');
    expect(ask({ senderId: bob, clientMessageId: message.commandId as CommandId })).toBe('message_not_found');
    const other = elsewhere.events.at(-1)?.commandId as CommandId;
    expect(ask({ senderId: alice, clientMessageId: other })).toBe('message_not_found');
  });

  test('of another version than the author saw is a conflict that says which it is', () => {
    const { state, events } = accepted(run(sent.state, edit(alice, direct, target, { expectedVersion: 1 }), known()));
    const error = refused(run(state, edit(alice, direct, target, { expectedVersion: 1 }), known(...events)));
    expect(error).toMatchObject({ code: 'conflict', field: 'expectedVersion', detail: 'is version 2 now' });
    expect(
      accepted(run(state, edit(alice, direct, target, { expectedVersion: 2 }), known(...events))).events,
    ).toHaveLength(1);
  });

  test('ends with its window and its number of versions, which the error names', () => {
    const at = (now: number) => run(sent.state, edit(alice, direct, target), { ...known(), now });
    const { editWindowMs } = DEFAULT_LIMITS;
    expect(accepted(at(message.at + editWindowMs)).events).toHaveLength(1);
    expect(refused(at(message.at + editWindowMs + 1))).toMatchObject({
      code: 'forbidden',
      limit: 'limits.editWindowMs',
    });
    let { state } = sent;
    const edits: Event[] = [];
    for (let version = 2; version <= DEFAULT_LIMITS.versions; version++) {
      const next = accepted(run(state, edit(alice, direct, target), known(...edits)));
      edits.push(...next.events);
      state = next.state;
    }
    expect(refused(run(state, edit(alice, direct, target), known(...edits)))).toMatchObject({
      code: 'forbidden',
      limit: 'limits.versions',
    });
  });
});

describe('creating a conversation', () => {
  test('makes the creator a member too, and each member one once', () => {
    const { events, result } = accepted(run(undefined, createGroup(alice, [bob, bob, alice, carol], { title: 'tea' })));
    expect(events).toMatchObject([{ type: 'conversation.created', kind: 'group', title: 'tea', conversationSeq: 1 }]);
    expect(events[0]).toHaveProperty('memberIds', [alice, bob, carol]);
    expect(result).toMatchObject({ conversationId: group, conversationSeq: 1, messageId: null });
  });

  test('that exists changes nothing for a member, and is refused to anyone else', () => {
    const state = after(createGroup(alice, [bob]), send(bob, group));
    const again = accepted(run(state, createGroup(bob, [dave])));
    expect(again.events).toEqual([]);
    expect(again.state).toBe(state);
    expect(again.result).toEqual({ conversationId: group, conversationSeq: 2, at: 1_000, messageId: null });
    expect(refused(run(state, createGroup(dave, [dave]))).code).toBe('not_a_member');
  });

  test('with more members than inboxes are written for is refused, naming the limit', () => {
    expect(accepted(run(undefined, createGroup(alice, [bob, carol]), { inboxMembers: 3 })).events).toHaveLength(1);
    const error = refused(run(undefined, createGroup(alice, [bob, carol, dave]), { inboxMembers: 3 }));
    expect(error).toMatchObject({ code: 'too_many_members', field: 'memberIds', detail: '4 members, at most 3' });
  });
});

describe('a conversation whose id says who is in it', () => {
  const create = (changed: Partial<CreateConversation>): CreateConversation => ({
    ...createGroup(alice, [bob]),
    conversationId: direct,
    kind: 'direct',
    ...changed,
  });

  test('is created for those users', () => {
    const { events } = accepted(run(undefined, create({})));
    expect(events).toMatchObject([{ kind: 'direct', memberIds: [alice, bob] }]);
    const self = create({ conversationId: selfConversationId(alice), kind: 'self', memberIds: [] });
    expect(accepted(run(undefined, self)).events).toMatchObject([{ kind: 'self', memberIds: [alice] }]);
  });

  test.each([
    ['with a third member', create({ memberIds: [bob, carol] }), 'memberIds'],
    ['without its second member', create({ memberIds: [] }), 'memberIds'],
    ['by a stranger', create({ actorId: carol, memberIds: [alice, bob] }), 'memberIds'],
    ['by a stranger in place of a member', create({ actorId: carol, memberIds: [bob] }), 'memberIds'],
    ['as a group', create({ kind: 'group' }), 'kind'],
    ['as the conversation of one user alone', create({ kind: 'self', memberIds: [] }), 'kind'],
    ['with a title', create({ title: 'tea' }), 'title'],
    [
      'for one user alone, with another',
      create({ conversationId: selfConversationId(alice), kind: 'self' }),
      'memberIds',
    ],
    ['for a group, as direct', create({ conversationId: group }), 'kind'],
  ])('is not created %s', (_, command, field) => {
    expect(refused(run(undefined, command))).toMatchObject({ code: 'invalid_input', field });
    expect(refused(run(after(send(alice, direct)), command))).toMatchObject({ code: 'invalid_input', field });
  });
});

describe('adding members', () => {
  const state = after(createGroup(alice, [bob]));

  test('is for any member, and adds only those who are not in yet', () => {
    const decision = accepted(run(state, addMembers(bob, [alice, carol, carol])));
    expect(decision.events).toMatchObject([{ type: 'members.added', memberIds: [carol], actorId: bob }]);
    expect([...decision.state.members.keys()]).toEqual([alice, bob, carol]);
  });

  test('who are all in already changes nothing', () => {
    expect(accepted(run(state, addMembers(alice, [bob]))).events).toEqual([]);
  });

  test('is refused to strangers, in direct conversations, and beyond the limit', () => {
    expect(refused(run(state, addMembers(carol, [carol]))).code).toBe('not_a_member');
    const pair = after(send(alice, direct));
    expect(refused(run(pair, addMembers(alice, [carol], { conversationId: direct })))).toMatchObject({
      code: 'forbidden',
      field: 'conversationId',
    });
    expect(refused(run(state, addMembers(alice, [carol]), { inboxMembers: 2 })).code).toBe('too_many_members');
  });
});

describe('removing members', () => {
  const state = after(createGroup(alice, [bob, carol]));

  test('is for the creator, who may remove anyone', () => {
    const decision = accepted(run(state, removeMembers(alice, [bob, dave, bob])));
    expect(decision.events).toMatchObject([{ type: 'members.removed', memberIds: [bob] }]);
    expect([...decision.state.members.keys()]).toEqual([alice, carol]);
  });

  test('by another member is leaving, or refused', () => {
    expect(accepted(run(state, removeMembers(bob, [bob]))).events).toMatchObject([{ memberIds: [bob] }]);
    expect(refused(run(state, removeMembers(bob, [bob, carol])))).toMatchObject({
      code: 'forbidden',
      field: 'memberIds',
    });
  });

  test('who are not in changes nothing, and in a direct conversation is refused', () => {
    expect(accepted(run(state, removeMembers(alice, [dave]))).events).toEqual([]);
    const pair = after(send(alice, direct));
    expect(refused(run(pair, removeMembers(alice, [bob], { conversationId: direct }))).code).toBe('forbidden');
  });

  test('who come back opens a new stay from then on', () => {
    const back = after(createGroup(alice, [bob]), removeMembers(alice, [bob]), addMembers(alice, [bob]));
    expect(back.members.get(bob)).toBe(3);
  });
});

describe('a read mark', () => {
  test('lives in the conversation of its user alone, which it opens', () => {
    const { events, result } = accepted(run(undefined, markRead(alice, direct, 7)));
    expect(events).toMatchObject([
      { type: 'conversation.created', kind: 'self' },
      { type: 'read.marked', of: direct, readSeq: 7, conversationSeq: 2 },
    ]);
    expect(result.messageId).toBeNull();
  });

  test('is refused where the store does not have the place', () => {
    expect(refused(run(undefined, markRead(alice, direct, 7), { isThere: false }))).toMatchObject({
      code: 'invalid_input',
      field: 'readSeq',
    });
  });

  test('is refused in the conversation of another user', () => {
    const state = after(markRead(alice, direct, 1));
    const forged = { ...markRead(bob, direct, 2), conversationId: selfConversationId(alice) };
    expect(refused(run(state, forged)).code).toBe('not_a_member');
    expect(refused(run(undefined, forged)).code).toBe('not_a_member');
  });
});

test.each([
  ['in a group that its user is in', { conversationId: group }, 'conversationId'],
  ['in a direct conversation of its user', { conversationId: direct }, 'conversationId'],
  ['of a direct conversation of others', { of: directConversationId(carol, dave) }, 'of'],
  ['of the conversation of another user alone', { of: selfConversationId(bob) }, 'of'],
])('a read mark %s is refused', (_, forged, field) => {
  const command = { ...markRead(alice, direct, 2), ...forged };
  for (const state of [undefined, after(createGroup(alice, [bob])), after(send(alice, direct))]) {
    expect(refused(run(state, command))).toMatchObject({ code: 'not_a_member', field });
  }
});

test('the time of a conversation does not go back where clocks differ as they may', () => {
  const state = accepted(run(undefined, send(alice, direct), { now: 5_000 })).state;
  const earlier = accepted(run(state, send(bob, direct), { now: 4_500 }));
  expect(earlier.result.at).toBe(5_000);
  expect(accepted(run(earlier.state, send(bob, direct), { now: 6_000 })).result.at).toBe(6_000);
});

test('what a clock far ahead had dated does not date what comes after it', () => {
  const state = accepted(run(undefined, send(alice, direct), { now: 5_501 })).state;
  const next = accepted(run(state, send(bob, direct), { now: 5_000 }));
  expect(next.result.at).toBe(5_000);
  expect(accepted(run(next.state, send(bob, direct), { now: 4_999 })).result.at).toBe(5_000);
});

test('the events of a decision lead to its state', () => {
  const pair = directConversationId(carol, dave);
  const decision = accepted(run(undefined, send(carol, pair)));
  let state: ConversationState | undefined;
  for (const event of decision.events) state = evolve(state, event);
  expect(decision.state).toEqual(state);
});
