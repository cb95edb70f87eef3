import {
  type CommandResult,
  type ConversationSeq,
  ERRORS,
  type ErrorCode,
  type MessageSent,
  type Seq,
  TidemarkError,
} from '@tidemark/core';
import { event as eventSchema } from '@tidemark/core/wire';
import { conversationBuilder, hostileContent } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';
import { StrangerError } from '../../src/deployment/stranger.ts';
import { decodeNodeFrame, encodeNodeFrame, type NodeFrame } from '../../src/notify/node-frame.ts';
import { alice, carol, direct } from '../support/commands.ts';

const OURS = '0123456789ab';

test('a frame carries events, seqs and results between nodes unchanged', () => {
  const event = conversationBuilder().message({ content: hostileContent() });
  const result: CommandResult = { conversationId: direct, conversationSeq: 2 as never, at: 3, messageId: null };
  const frame: NodeFrame = {
    deliveries: [{ event, to: [[alice, 7 as Seq]] }],
    voids: [[alice, 9 as Seq]],
    replies: [{ call: 'n.1', result }],
    setBacks: 3,
  };
  expect(decodeNodeFrame(encodeNodeFrame(frame, OURS), OURS)).toEqual(frame);
});

test('a frame carries a message with all that it may have', () => {
  const chat = conversationBuilder();
  const mentions = { users: [alice], all: true, here: true } as const;
  const event: MessageSent = { ...chat.message({}), replyTo: { seq: 1 as ConversationSeq }, mentions };
  const schema = eventSchema.options.find(({ shape }) => 'messageId' in shape);
  expect(Object.keys(event).sort(), 'one that is new goes here').toEqual(Object.keys(schema?.shape ?? {}).sort());
  const frame: NodeFrame = { deliveries: [{ event, to: [[alice, 7 as Seq]] }], voids: [], replies: [] };
  expect(decodeNodeFrame(encodeNodeFrame(frame, OURS), OURS).deliveries).toEqual(frame.deliveries);
});

test.each(Object.keys(ERRORS) as ErrorCode[])('a frame carries the error %s with its field and sentence', (code) => {
  for (const field of [undefined, 'content.total']) {
    const error = new TidemarkError(code, 'a sentence: with [signs]\nand lines', { field });
    const [reply] = decodeNodeFrame(
      encodeNodeFrame({ deliveries: [], voids: [], replies: [{ call: 'n.1', error }] }, OURS),
      OURS,
    ).replies;
    expect(reply).toMatchObject({ call: 'n.1', error: { code, field, detail: error.detail } });
  }
});

test('an error of a newer version is one that may be tried again', () => {
  const text = `{"of":"${OURS}","deliveries":[],"replies":[{"call":"n.1","error":"new_code: something"}]}`;
  expect(decodeNodeFrame(text, OURS).replies).toMatchObject([
    { call: 'n.1', error: { code: 'unavailable', policy: 'retry' } },
  ]);
});

test('a frame of a process that tells nothing of voids and set-backs is read', () => {
  const text = `{"of":"${OURS}","deliveries":[],"replies":[]}`;
  expect(decodeNodeFrame(text, OURS)).toEqual({ deliveries: [], voids: [], replies: [], setBacks: undefined });
});

test.each(['another', '', undefined])('a frame of the deployment %j is refused, whatever it holds', (of) => {
  const frame = JSON.stringify({ of, deliveries: 'anything' });
  expect(() => decodeNodeFrame(frame, OURS)).toThrow(new StrangerError(of ?? ''));
});

test.each(['', '{', 'null', '{}', '[]'])('what is no frame is refused: %j', (text) => {
  expect(() => decodeNodeFrame(text, OURS)).toThrow();
});

describe('a frame that no node wrote', () => {
  const event = conversationBuilder().message({});
  const frameWith = (delivery: object, reply: object = { call: 'n.1', error: 'unavailable: x' }) =>
    JSON.stringify({ of: OURS, deliveries: [{ event, to: [[alice, 7]], ...delivery }], replies: [reply] });

  test.each<[string, string]>([
    [
      'a direct conversation for a stranger',
      frameWith({ event: { ...event, conversationId: direct }, to: [[carol, 7]] }),
    ],
    ['recipients that are none', frameWith({ to: [[alice]] })],
    ['voids of nobody', frameWith({}).replace('{', '{"voids":[[7,7]],')],
    ['less than no set-backs', frameWith({}).replace('{', '{"setBacks":-1,')],
    ['a seq of zero', frameWith({ to: [[alice, 0]] })],
    ['a seq beyond counting', frameWith({ to: [[alice, 2 ** 53]] })],
    ['a user that is none', frameWith({ to: [[7, 7]] })],
    ['no recipients', frameWith({ to: undefined })],
    ['no event', frameWith({ event: undefined })],
    ['an event without a place', frameWith({ event: { ...event, conversationSeq: -1 } })],
    ['an event of nobody', frameWith({ event: { ...event, actorId: '' } })],
    ['an event at no time', frameWith({ event: { ...event, at: 'now' } })],
    ['a message without content', frameWith({ event: { ...event, message: { type: 'text', content: 7 } } })],
    ['a message without an id', frameWith({ event: { ...event, messageId: 'x' } })],
    ['members that are none', frameWith({ event: { ...event, type: 'members.added', memberIds: [7] } })],
    ['an event of no type', frameWith({ event: { ...event, type: 7 } })],
    ['a reply to nobody', frameWith({}, { error: 'unavailable: x' })],
    ['a receipt of nothing', frameWith({}, { call: 'n.1', result: {} })],
    ['a receipt that is none', frameWith({}, { call: 'n.1', result: 7 })],
  ])('is refused when it holds %s', (_, text) => {
    expect(() => decodeNodeFrame(text, OURS)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });

  test('is taken when it holds an event of a newer version, as it is', () => {
    const newer = { ...event, type: 'message.juggled', target: 7 };
    expect(decodeNodeFrame(frameWith({ event: newer }), OURS).deliveries).toEqual([{ event: newer, to: [[alice, 7]] }]);
  });
});
