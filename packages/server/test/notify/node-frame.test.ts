import { type CommandResult, ERRORS, type ErrorCode, type Seq, TidemarkError } from '@tidemark/core';
import { conversationBuilder, hostileContent } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { decodeNodeFrame, encodeNodeFrame } from '../../src/notify/node-frame.ts';
import { alice, direct } from '../support/commands.ts';

test('a frame carries events, seqs and results between nodes unchanged', () => {
  const event = conversationBuilder().message({ content: hostileContent() });
  const result: CommandResult = { conversationId: direct, conversationSeq: 2 as never, at: 3, messageId: null };
  const frame = { deliveries: [{ event, to: [[alice, 7 as Seq] as const] }], replies: [{ call: 'n.1', result }] };
  expect(decodeNodeFrame(encodeNodeFrame(frame))).toEqual(frame);
});

test.each(Object.keys(ERRORS) as ErrorCode[])('a frame carries the error %s with its field and sentence', (code) => {
  for (const field of [undefined, 'content.total']) {
    const error = new TidemarkError(code, 'a sentence: with [signs]\nand lines', { field });
    const [reply] = decodeNodeFrame(encodeNodeFrame({ deliveries: [], replies: [{ call: 'n.1', error }] })).replies;
    expect(reply).toMatchObject({ call: 'n.1', error: { code, field, detail: error.detail } });
  }
});

test('an error of a newer version is one that may be tried again', () => {
  const text = '{"deliveries":[],"replies":[{"call":"n.1","error":"new_code: something"}]}';
  expect(decodeNodeFrame(text).replies).toMatchObject([
    { call: 'n.1', error: { code: 'unavailable', policy: 'retry' } },
  ]);
});

test.each(['', '{', 'null', '{}', '[]'])('what is no frame is refused: %j', (text) => {
  expect(() => decodeNodeFrame(text)).toThrow();
});
