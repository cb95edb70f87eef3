import { selfConversationId } from '@tidemark/core';
import { HOSTILE_USER_IDS } from '@tidemark/testkit';
import { expect, test } from 'vitest';
import { decodePage, encodePage } from '../../src/router/list-page.ts';
import { direct, group } from '../support/commands.ts';

test('a page ends where it says', () => {
  for (const conversationId of [direct, group, ...HOSTILE_USER_IDS.map((userId) => selfConversationId(userId))]) {
    const place = { activeAt: 1_700_000_000_123, conversationId };
    expect(decodePage(encodePage(place))).toEqual(place);
  }
});

test.each([
  '',
  'x',
  '1',
  '1:',
  ':g',
  `-1:${direct}`,
  `1.5:${direct}`,
  '1:d:bob,alice',
  '1:x:y',
  `99999999999999999:${direct}`,
])('what no page gave is refused: "%s"', (page) => {
  expect(() => decodePage(page)).toThrow(expect.objectContaining({ code: 'invalid_input', field: 'page' }));
});
