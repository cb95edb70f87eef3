import { HOSTILE_TEXT } from '@tidemark/testkit';
import { describe, expect, test } from 'vitest';
import { type PreviewedContent, previewOf, searchTextOf } from '../src/index.ts';

const file = { ref: 'r/1', name: 'lamp.pdf', size: 1, mime: 'application/pdf' };
const forwarded = (count: number, title?: string): PreviewedContent => ({
  type: 'forwarded',
  content: {
    ...(title && { title }),
    messages: Array.from({ length: count }, (_, nth) => ({
      conversationId: 'd:alice,bob',
      conversationSeq: nth + 1,
      senderId: 'bob',
      at: 1,
      type: 'text',
      content: { text: `line ${nth + 1}` },
    })),
  },
});

describe('a preview', () => {
  test.each<[PreviewedContent, string | undefined]>([
    [{ type: 'text', content: { text: ' two\n\n lines ' } }, 'two lines'],
    [{ type: 'image', content: { file } }, 'Photo'],
    [{ type: 'image', content: { file, caption: 'the lamp' } }, 'the lamp'],
    [{ type: 'video', content: { file, durationMs: 62_400 } }, 'Video (1:02)'],
    [{ type: 'voice', content: { file, durationMs: 3_723_000 } }, 'Voice message (1:02:03)'],
    [{ type: 'voice', content: { file, durationMs: 59_600 } }, 'Voice message (1:00)'],
    [{ type: 'file', content: { file } }, 'lamp.pdf'],
    [{ type: 'location', content: { latitude: 1, longitude: 2 } }, 'Location'],
    [{ type: 'location', content: { latitude: 1, longitude: 2, address: 'Main St 1' } }, 'Main St 1'],
    [{ type: 'card', content: { userId: 'carol', name: 'Carol' } }, 'Contact: Carol'],
    [forwarded(1), 'A forwarded message'],
    [forwarded(3), '3 forwarded messages'],
    [forwarded(3, 'Chat with Bob'), 'Chat with Bob'],
    [{ type: 'order', content: { orderId: 'A-17' } }, undefined],
    [{ type: 'toString', content: {} }, undefined],
  ])('of %j is %j', (message, line) => {
    expect(previewOf(message)).toBe(line);
  });

  test('is in the words of the application', () => {
    const words = {
      image: 'Foto',
      video: 'Video',
      voice: 'Sprachnachricht',
      location: 'Ort',
      card: 'Kontakt',
      forwarded: (count: number) => `${count} weitergeleitet`,
    };
    expect(previewOf({ type: 'voice', content: { file, durationMs: 7_000 } }, { words })).toBe(
      'Sprachnachricht (0:07)',
    );
    expect(previewOf(forwarded(2), { words })).toBe('2 weitergeleitet');
  });

  test('is cut between characters as a reader sees them', () => {
    const line = (text: string, maxLength: number) => previewOf({ type: 'text', content: { text } }, { maxLength });
    expect(line('abcdef', 6)).toBe('abcdef');
    expect(line('abcdefg', 6)).toBe('abcde…');
    expect(line('ab cdefg', 4)).toBe('ab…');
    expect(line('👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 3)).toBe('👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦');
    expect(line('👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 2)).toBe('👨‍👩‍👧‍👦…');
  });

  test.each(HOSTILE_TEXT)('of a hostile text is one line of bounded length: %j', (text) => {
    const line = previewOf({ type: 'text', content: { text: text.repeat(50) } }, { maxLength: 20 }) ?? '';
    expect([...new Intl.Segmenter().segment(line)].length).toBeLessThanOrEqual(20);
    expect(line).not.toMatch(/[\n\r\u2028\u2029]/);
  });
});

test('what may be searched for is all that was written', () => {
  expect(searchTextOf({ type: 'text', content: { text: 'two\nlines' } })).toBe('two\nlines');
  expect(searchTextOf({ type: 'image', content: { file, caption: 'the lamp' } })).toBe('the lamp\nlamp.pdf');
  expect(searchTextOf({ type: 'location', content: { latitude: 1, longitude: 2, name: 'A', address: 'B' } })).toBe(
    'A\nB',
  );
  expect(searchTextOf(forwarded(2, 'Chat'))).toBe('Chat\nline 1\nline 2');
  expect(searchTextOf({ type: 'voice', content: { file: { ref: 'r/1' }, durationMs: 1 } })).toBe('');
  expect(searchTextOf({ type: 'order', content: {} })).toBeUndefined();
});
