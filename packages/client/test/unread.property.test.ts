import { counts, countsAsMention, directConversationId, type MentionsInput, type UserId } from '@tidemark/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelServer } from './support/model-server.ts';
import { testClient, until } from './support/test-client.ts';

type Step = { readonly who: 'alice' | 'bob' | 'carol'; readonly at: number } & {
  readonly type: 'say' | 'mention' | 'edit' | 'revoke' | 'leave' | 'join' | 'mark' | 'cut' | 'lose' | 'look';
};

const steps = fc.array(
  fc.record({
    type: fc.constantFrom(
      'say',
      'say',
      'mention',
      'mention',
      'edit',
      'edit',
      'revoke',
      'leave',
      'join',
      'mark',
      'cut',
      'lose',
      'look',
    ),
    who: fc.constantFrom('alice', 'bob', 'carol'),
    at: fc.nat(30),
  }),
  { minLength: 1, maxLength: 40 },
) as fc.Arbitrary<Step[]>;

/** Of a message; of an edit also none. */
const MENTIONS: readonly MentionsInput[] = [
  { users: ['alice'] },
  { users: ['bob', 'alice'] },
  { users: [], all: true },
  { users: ['bob'] },
];

/** A group of a server, lived through by alice's device, whose connection fails now and then. */
class Life {
  readonly server = new ModelServer();
  readonly chat = this.server.createGroup('dave', ['alice', 'bob']);
  readonly members = new Map([
    ['dave', 1],
    ['alice', 1],
    ['bob', 1],
  ]);
  #readSeq = 0;

  step({ type, who, at }: Step): void {
    const { server, chat, members } = this;
    const isMember = members.has(who);
    if (type === 'say' && isMember) server.say(who, chat, 'text');
    if (type === 'mention' && isMember)
      server.mention(who, chat, 'text', MENTIONS[at % MENTIONS.length] as MentionsInput);
    if (type === 'leave' && isMember) {
      server.changeMembers('members.removed', who, chat, [who]);
      members.delete(who);
    }
    if (type === 'join' && !isMember)
      members.set(who, server.changeMembers('members.added', 'dave', chat, [who]).conversationSeq);
    if (type === 'edit' && isMember) {
      const own = server.messagesIn(chat).filter((event) => event.actorId === who);
      const message = own[at % Math.max(own.length, 1)];
      if (message) server.edit(who, chat, message.conversationSeq, 'edited', MENTIONS[at % 5]);
    }
    if (type === 'revoke' && isMember) {
      const own = server.messagesIn(chat).filter((event) => event.actorId === who);
      const message = own[at % Math.max(own.length, 1)];
      if (message) server.revoke(who, chat, message.conversationSeq);
    }
    // On another device of hers.
    if (type === 'mark' && members.has('alice')) {
      const readSeq = 1 + (at % server.logOf(chat).length);
      this.#readSeq = Math.max(this.#readSeq, readSeq);
      server.markRead('alice', chat, readSeq);
    }
    if (type === 'lose') server.dropFrames(1 + (at % 3));
    // Live frames are lost, and never what a feed begins with.
    if (type === 'cut') {
      server.dropFrames(0);
      server.disconnect('alice');
      server.reconnect('alice');
    }
  }

  /** Frames are lost in silence until a next one comes. */
  tellOfLost(): void {
    this.server.dropFrames(0);
    this.server.say('bob', directConversationId('alice', 'bob'), 'the next frame');
  }

  /** By the log, and those of it that mention alice; undefined: she is no member. */
  unread(): readonly number[] | undefined {
    const joinedSeq = this.members.get('alice');
    if (joinedSeq === undefined) return undefined;
    const position = { joinedSeq, readSeq: this.#readSeq };
    const alice = 'alice' as UserId;
    const log = this.server.logOf(this.chat);
    const edits = new Map(log.flatMap((event) => (event.type === 'message.edited' ? [[event.targetSeq, event]] : [])));
    const mentions = log.filter((event) => {
      const content = edits.get(event.conversationSeq);
      return countsAsMention(event, alice, position, { content });
    });
    return [log.filter((event) => counts(event, alice, position)).length, mentions.length];
  }
}

test('what a device shows as unread, and as unread mentions, is a count over the log, whatever happened and however it got to know', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const life = new Life();
      await using alice = testClient(life.server, 'alice');
      alice.client.start();
      await until(() => alice.seen('live').length >= 1);
      const shown = () => {
        const row = alice.client.conversations.getSnapshot().find((each) => each.conversationId === life.chat);
        return row && [row.unread, row.unreadMentions];
      };
      const settled = async (): Promise<void> => {
        life.tellOfLost();
        await until(() => expect(shown()).toEqual(life.unread()));
      };
      for (const step of all) {
        life.step(step);
        if (step.type === 'look') await settled();
      }
      await settled();
    }),
    { numRuns: 60, seed: 16, endOnFailure: true },
  );
});
