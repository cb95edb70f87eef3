import {
  type ConversationSeq,
  type Event,
  type Mentions,
  newlyMentioned,
  TidemarkError,
  type UserId,
} from '@tidemark/core';
import { expect, test } from 'vitest';
import {
  addMembers,
  alice,
  bob,
  carol,
  createGroup,
  dave,
  edit,
  group,
  removeMembers,
  revoke,
  send,
} from '../support/commands.ts';
import { openWriter } from '../support/writer.ts';

const at = (seq: number) => ({ seq: seq as ConversationSeq });
const all = { users: [], all: true };

type Writer = ReturnType<typeof openWriter>;

async function eventsOf(writer: Writer, reader: UserId): Promise<Event[]> {
  return (await writer.inboxOf(reader)).flatMap(({ event }) => event ?? []);
}

test('a message mentions the members among those whom its author names, each once, as they are when it is decided', async () => {
  const writer = openWriter();
  await writer.write(
    createGroup(alice, [bob, carol]),
    send(alice, group, { mentions: { users: [bob, dave, bob, alice] } }),
    send(alice, group, { mentions: { users: [dave] } }),
    removeMembers(alice, [carol]),
    send(alice, group, { mentions: { users: [carol, bob], here: true } }),
  );
  const sent = (await eventsOf(writer, alice)).filter((event) => event.type === 'message.sent');
  expect(sent.map(({ mentions }) => mentions)).toEqual([
    { users: [bob, alice] },
    undefined,
    { users: [bob], here: true },
  ]);
});

test('an edit says whom it mentions and whom the version before did, so that only who is new is alerted', async () => {
  const writer = openWriter();
  await writer.write(
    createGroup(alice, [bob, carol]),
    send(alice, group, { mentions: { users: [bob] } }),
    edit(alice, group, at(2), { mentions: { users: [bob, carol] } }),
    edit(alice, group, at(2), { mentions: all }),
    edit(alice, group, at(2), { mentions: { users: [carol] } }),
    edit(alice, group, at(2)),
  );
  const edits = (await eventsOf(writer, bob)).filter((event) => event.type === 'message.edited');
  expect(edits.map(({ mentions, mentionsBefore }) => newlyMentioned(mentions, mentionsBefore))).toEqual([
    { users: [carol] },
    { users: [], all: true },
    undefined,
    undefined,
  ]);
  expect(edits.map(({ mentionsBefore }) => mentionsBefore)).toEqual([
    { users: [bob] },
    { users: [bob, carol] },
    all,
    { users: [carol] },
  ]);
  expect(edits.at(-1)).not.toHaveProperty('mentions');
});

test('in a group above the limit its owner mentions all, or everybody where the application says so', async () => {
  const limits = { mentionAllMembers: 3 };
  const strict = openWriter(limits);
  const open = openWriter({ ...limits, permissions: { pin: 'owner', mentionAll: 'everybody' } });
  const ask = async (writer: Writer, userId: UserId, mentions: Mentions = all) => {
    const [reply] = await writer.write(send(userId, group, { mentions }));
    return reply instanceof TidemarkError ? [reply.code, reply.field, reply.limit].join(' ') : 'done';
  };
  for (const writer of [strict, open]) {
    await writer.write(createGroup(alice, [bob, carol]));
    expect(await ask(writer, bob)).toBe('done');
    await writer.write(addMembers(alice, [dave]));
    expect(await ask(writer, alice)).toBe('done');
  }
  const refused = 'forbidden mentions limits.mentionAllMembers';
  expect(await ask(strict, bob)).toBe(refused);
  expect(await ask(strict, bob, { users: [carol], here: true })).toBe(refused);
  expect(await ask(strict, bob, { users: [carol] })).toBe('done');
  expect(await ask(open, bob)).toBe('done');
});

test('nothing is left of whom a revoked message mentioned, in any version', async () => {
  const writer = openWriter();
  await writer.write(
    createGroup(alice, [bob]),
    send(alice, group, { mentions: { users: [bob] } }),
    edit(alice, group, at(2), { mentions: all }),
    revoke(alice, group, [at(2)]),
  );
  expect(JSON.stringify(await eventsOf(writer, alice))).not.toContain('mentions');
});
