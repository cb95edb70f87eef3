import { isBlank } from '@tidemark/content';
import { expect, test } from 'vitest';
import { content } from '../../examples/chat-web/server/content.ts';

/** Each is drawn as nothing. */
const BLANK: Readonly<Record<string, string>> = {
  nothing: '',
  'white space': ' \t\n\u00a0\u2003\u3000\u2028\u1680',
  'zero-width characters': '\u200b\u200c\u200d\u2060\ufeff',
  'directions without text': '\u200e\u200f\u202a\u202e\u2066\u2069',
  'a soft hyphen': '\u00ad',
  'the blank Braille pattern': '\u2800\u2800',
  'fillers of Hangul': '\u115f\u1160\u3164\uffa0',
  'vowels of Khmer that are not written': '\u17b4\u17b5',
  'a separator of Mongolian': '\u180e',
  'variation selectors': '\ufe0f\u{e0100}',
  'tags without a flag': '\u{e0041}\u{e007f}',
  controls: '\u0000\u0007\u001b\u0085',
  'a combining grapheme joiner': '\u034f',
  'half a surrogate pair': '\ud83d',
  'a blank notehead': '\u{1d159}',
  'all of them': ' \u200b\u2800\u3164\ufe0f\u00ad ',
};

test.each(Object.entries(BLANK))(
  '%s is blank, and the server takes it neither as a text nor in an order',
  (_, text) => {
    expect(isBlank(text)).toBe(true);
    expect(content.text.safeParse({ text }).success).toBe(false);
    expect(content.order.safeParse({ orderId: text, item: 'lamp', quantity: 1, total: 1 }).success).toBe(false);
    expect(content.order.safeParse({ orderId: 'A-1', item: text, quantity: 1, total: 1 }).success).toBe(false);
  },
);

test.each(['.', 'a\u200b', '👍🏽', '👩‍👩‍👧', '🏳️‍🌈', 'می‌خواهم', '⠁', '안', 'ส', '\u{1f3f4}\u{e0067}\u{e007f}', '​.​'])(
  '%j can be seen, and is kept as it is',
  (text) => {
    expect(isBlank(text)).toBe(false);
    expect(content.text.parse({ text })).toEqual({ text });
  },
);
