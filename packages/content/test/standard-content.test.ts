import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { entityTrouble, type StandardContent, standardContent, type TextEntity } from '../src/index.ts';

const photo = { ref: '2026/11/photo-1.jpg', name: 'photo.jpg', size: 1_024, mime: 'image/jpeg' };
const clip = { ...photo, name: 'clip.mp4', mime: 'video/mp4' };
const sound = { ...photo, name: 'note.webm', mime: 'audio/webm' };

/** One of each kind, with everything that it may have. */
const FULL: StandardContent = {
  text: {
    text: 'hi @bob, see tidemark.example',
    entities: [
      { type: 'mention', offset: 3, length: 4, userId: 'bob' },
      { type: 'bold', offset: 9, length: 20 },
      { type: 'link', offset: 13, length: 16, url: 'https://tidemark.example/' },
    ],
  },
  image: {
    file: {
      ...photo,
      sha256: 'a'.repeat(64),
      width: 1_200,
      height: 800,
      thumbRef: '2026/11/thumb-1.jpg',
      blurhash: 'LEHV6nWB2yk8pyo0adR*.7kCMdnj',
    },
    caption: 'the lamp',
  },
  video: { file: clip, durationMs: 62_000, caption: 'how it moves' },
  voice: { file: sound, durationMs: 7_400, waveform: [0, 128, 255] },
  file: { file: { ...photo, name: 'Rechnung März.pdf', mime: 'application/pdf' }, caption: 'the bill' },
  location: { latitude: 52.52, longitude: 13.405, name: 'Berlin', address: 'Unter den Linden 1' },
  card: { userId: 'carol', name: 'Carol', avatarRef: 'avatars/carol.png' },
  forwarded: {
    title: 'Chat with Bob',
    messages: [
      {
        conversationId: 'd:alice,bob',
        conversationSeq: 4,
        senderId: 'bob',
        at: 1,
        type: 'text',
        content: { text: 'yes' },
      },
    ],
  },
};

function refusal(kind: keyof StandardContent, content: unknown): string | undefined {
  const result = standardContent[kind].safeParse(content);
  const issue = result.error?.issues[0];
  return issue && `${issue.path.join('.')}: ${issue.message}`;
}

describe('a kind', () => {
  test.each(Object.entries(FULL))('%s is taken as it is, with all that it may have', (kind, content) => {
    expect(standardContent[kind as keyof StandardContent].parse(content)).toEqual(content);
    expect(JSON.parse(JSON.stringify(content))).toEqual(content);
  });

  test.each(['-2Jk_9', '_a', '~a', '.hidden', 'a.b..c/d_', '2026/11/a+b=@c.jpg'])(
    'a file may have the ref %s',
    (ref) => {
      expect(refusal('image', { ...FULL.image, file: { ...photo, ref } })).toBeUndefined();
    },
  );

  test.each(Object.entries(FULL))('%s refuses a key that it does not know, by its name', (kind, content) => {
    expect(refusal(kind as keyof StandardContent, { ...content, colour: 'red' })).toContain('colour');
  });

  const { text, image, location, card, forwarded, voice } = FULL;
  const [message] = forwarded.messages;
  test.each<[keyof StandardContent, unknown, string]>([
    ['text', { text: '\u200b' }, 'text: must hold something that can be seen'],
    [
      'text',
      { ...text, entities: [{ type: 'bold', offset: 0, length: 99 }] },
      'entities.0.length: must end within the text',
    ],
    [
      'text',
      { ...text, entities: [{ type: 'link', offset: 0, length: 2, url: 'javascript:alert(1)' }] },
      'entities.0.url: must be a URL',
    ],
    [
      'text',
      { ...text, entities: [{ type: 'mention', offset: 0, length: 2, userId: 'a b' }] },
      'entities.0.userId: must be a user id',
    ],
    [
      'image',
      { ...image, file: { ...photo, ref: 'https://cdn.example/x?expires=1' } },
      'file.ref: must be the key of an upload',
    ],
    [
      'image',
      { ...image, file: { ...photo, ref: 'data:image/png;base64,AAAA' } },
      'file.ref: must be the key of an upload',
    ],
    ...['/etc/passwd', '../secret', 'a/../../secret', 'a/..', './a', 'a//b', '..', ''].map(
      (ref): [keyof StandardContent, unknown, string] => [
        'image',
        { ...image, file: { ...photo, ref } },
        'file.ref: must be the key of an upload',
      ],
    ),
    ['image', { ...image, file: { ...photo, name: '../../etc/passwd' } }, 'file.name: must be the name of a file'],
    ['image', { ...image, file: { ...photo, name: 'gpj.\u202eexe' } }, 'file.name: must be the name of a file'],
    ['image', { ...image, file: clip }, 'file.mime: must be image/…'],
    ['image', { ...image, file: { ...photo, mime: 'image/JPEG' } }, 'file.mime: must be a media type'],
    ['image', { ...image, file: { ...photo, size: -1 } }, 'file.size'],
    ['voice', { ...voice, waveform: Array(129).fill(1) }, 'waveform'],
    ['voice', { ...voice, durationMs: 86_400_001 }, 'durationMs'],
    ['location', { ...location, latitude: 91 }, 'latitude'],
    ['card', { ...card, userId: '' }, 'userId: must be a user id'],
    ['forwarded', { messages: [] }, 'messages'],
    [
      'forwarded',
      { messages: [{ ...message, conversationId: 'x' }] },
      'messages.0.conversationId: must be a conversation id',
    ],
    ['forwarded', { messages: Array(101).fill(message) }, 'messages'],
  ])('%s with %j is refused', (kind, content, expected) => {
    expect(refusal(kind, content)).toContain(expected);
  });
});

describe('entities', () => {
  const bold = (offset: number, length: number): TextEntity => ({ type: 'bold', offset, length });
  const italic = (offset: number, length: number): TextEntity => ({ type: 'italic', offset, length });
  const trouble = (text: string, ...entities: TextEntity[]) => {
    const found = entityTrouble(text, entities);
    return found && `${found.path.join('.')} ${found.rule}`;
  };

  test.each([
    ['none', []],
    ['side by side', [bold(0, 2), italic(2, 2)]],
    ['one within another', [bold(0, 6), italic(1, 2), italic(3, 3)]],
    ['two at the same place, the longer first', [bold(0, 4), italic(0, 2)]],
    ['the same twice', [bold(0, 4), italic(0, 4)]],
  ])('may be %s', (_, entities) => {
    expect(trouble('abcdef', ...entities)).toBeUndefined();
  });

  test.each([
    ['one that is cut by another', [bold(0, 3), italic(2, 3)], '1.length must lie within'],
    ['one that is cut by the outer of two', [bold(0, 4), italic(1, 2), italic(3, 2)], '2.length must lie within'],
    ['out of order', [bold(2, 1), italic(0, 1)], '1.offset must be in order'],
    ['the shorter first', [bold(0, 1), italic(0, 2)], '1.offset must be in order'],
    ['beyond the end', [bold(5, 2)], '0.length must end within'],
  ])('may not be %s', (_, entities, rule) => {
    expect(trouble('abcdef', ...entities)).toContain(rule);
  });

  test('do not split a character of two code units', () => {
    expect(trouble('a😀b', bold(1, 2))).toBeUndefined();
    expect(trouble('a😀b', bold(2, 1))).toBe('0.offset must not split a character');
    expect(trouble('a😀b', bold(0, 2))).toBe('0.length must not split a character');
  });

  test('that pass can be drawn as a tree: any two of them are nested or apart', () => {
    const entity = fc.tuple(fc.nat(8), fc.integer({ min: 1, max: 8 })).map(([offset, length]) => bold(offset, length));
    fc.assert(
      fc.property(fc.array(entity, { maxLength: 5 }), (entities) => {
        fc.pre(entityTrouble('abcdefgh', entities) === undefined);
        for (const [index, one] of entities.entries()) {
          for (const other of entities.slice(index + 1)) {
            const isApart = other.offset >= one.offset + one.length;
            const isWithin = other.offset >= one.offset && other.offset + other.length <= one.offset + one.length;
            expect(isApart || isWithin).toBe(true);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
