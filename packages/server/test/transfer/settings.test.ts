import {
  type CommandId,
  DEFAULT_SETTINGS,
  type ReadMarked,
  type SettingsChanged,
  selfConversationId,
  type UserId,
} from '@tidemark/core';
import { memoryStorage } from '@tidemark/storage-memory';
import { expect, test } from 'vitest';
import { alice, bob, carol, direct, group, markRead, send, set } from '../support/commands.ts';
import { codeOf, openWriter } from '../support/writer.ts';

type Writer = ReturnType<typeof openWriter>;

async function changesIn(writer: Writer, reader: UserId): Promise<(SettingsChanged | ReadMarked)[]> {
  const events = (await writer.inboxOf(reader)).flatMap(({ event }) => event ?? []);
  return events.flatMap((event) => (event.type === 'settings.changed' || event.type === 'read.marked' ? [event] : []));
}

test('a batch sees its own settings: each event has all of them, and what is so already is no event', async () => {
  const writer = openWriter();
  const replies = await writer.write(
    send(bob, direct),
    set(alice, direct, { pinned: true }),
    set(alice, direct, { remark: 'Bobby', notify: 'none' }),
    set(alice, direct, { pinned: true, remark: undefined }),
    set(alice, direct, { pinned: false }),
  );
  expect(replies.map(codeOf)).toEqual(replies.map(() => undefined));
  expect((await changesIn(writer, alice)).map(({ settings }) => settings)).toEqual([
    { ...DEFAULT_SETTINGS, pinned: true },
    { ...DEFAULT_SETTINGS, pinned: true, remark: 'Bobby', notify: 'none' },
    { ...DEFAULT_SETTINGS, remark: 'Bobby', notify: 'none' },
  ]);
  expect(await changesIn(writer, bob), 'nobody else learns of it').toEqual([]);
  const log = await writer.inboxOf(bob);
  expect(log.filter(({ event }) => event?.conversationId === selfConversationId(alice))).toEqual([]);
});

test('another worker goes on from the settings that stand, one that was there before included', async () => {
  const storage = memoryStorage();
  await openWriter({ storage }).write(send(bob, direct), set(alice, direct, { archived: true }));
  const second = openWriter({ storage });
  const mute = set(alice, direct, { mutedUntil: 5 });
  await second.write(mute);
  await openWriter({ storage }).write(mute, set(alice, direct, { archived: true }));
  expect((await changesIn(second, alice)).map(({ settings }) => settings)).toEqual([
    { ...DEFAULT_SETTINGS, archived: true },
    { ...DEFAULT_SETTINGS, archived: true, mutedUntil: 5 },
  ]);
});

test('one id is one intention', async () => {
  const writer = openWriter();
  const id = 'c-1' as CommandId;
  const [, , , other] = await writer.write(
    send(bob, direct),
    set(alice, direct, { pinned: true }, id),
    set(alice, direct, { pinned: true }, id),
    set(alice, direct, { pinned: false }, id),
  );
  expect(codeOf(other)).toBe('command_reused');
  expect(await changesIn(writer, alice)).toHaveLength(1);
});

test('the next read mark takes back that a conversation was marked unread, and nothing else', async () => {
  const writer = openWriter();
  await writer.write(
    send(bob, direct),
    set(alice, direct, { pinned: true, markedUnread: true }),
    { ...markRead(alice, direct, 2), unmarks: true },
    { ...markRead(alice, direct, 2), unmarks: true },
    markRead(alice, direct, 2),
  );
  expect((await changesIn(writer, alice)).slice(1).map(({ settings }) => settings)).toEqual([
    { ...DEFAULT_SETTINGS, pinned: true },
    undefined,
    undefined,
  ]);
});

test('nobody sets anything in the conversation of another, nor of a direct one of others', async () => {
  const writer = openWriter();
  const others = { ...set(carol, group, { pinned: true }), conversationId: selfConversationId(alice) };
  const replies = await writer.write(send(bob, direct), set(carol, direct, { pinned: true }), others);
  expect(replies.map(codeOf)).toEqual([undefined, 'not_a_member', 'not_a_member']);
});
