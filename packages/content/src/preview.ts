import type { JsonObject } from '@tidemark/core';
import type { StandardContent } from './standard-content.ts';

/** What previews call the kinds that have no text of their own. In the language of who reads them. */
export interface PreviewWords {
  readonly image: string;
  readonly video: string;
  readonly voice: string;
  readonly location: string;
  readonly card: string;
  /** @param count how many messages were forwarded */
  readonly forwarded: (count: number) => string;
}

export interface PreviewOptions {
  /** Characters as a reader counts them; what is longer ends in `…`. Default 140. */
  readonly maxLength?: number;
  /** Default: English. */
  readonly words?: PreviewWords;
}

/** What a message is, whatever kinds the application has. */
export interface PreviewedContent {
  readonly type: string;
  readonly content: JsonObject;
}

type Kinds = { [Kind in keyof StandardContent]: (content: StandardContent[Kind], words: PreviewWords) => string };

const ENGLISH: PreviewWords = {
  image: 'Photo',
  video: 'Video',
  voice: 'Voice message',
  location: 'Location',
  card: 'Contact',
  forwarded: (count) => (count === 1 ? 'A forwarded message' : `${count} forwarded messages`),
};
const MAX_LENGTH = 140;

const LINES: Kinds = {
  text: ({ text }) => text,
  image: ({ caption }, words) => caption ?? words.image,
  video: ({ caption, durationMs }, words) => caption ?? `${words.video} (${clock(durationMs)})`,
  voice: ({ durationMs }, words) => `${words.voice} (${clock(durationMs)})`,
  file: ({ caption, file }) => caption ?? file.name,
  location: ({ name, address }, words) => name ?? address ?? words.location,
  card: ({ name }, words) => `${words.card}: ${name}`,
  forwarded: ({ title, messages }, words) => title ?? words.forwarded(messages.length),
};

/**
 * One line of plain text for a message of a standard kind: for lists, notifications and quotes. Undefined for a kind of the application's
 * own, which has a line of its own.
 */
export function previewOf(message: PreviewedContent, options: PreviewOptions = {}): string | undefined {
  const { maxLength = MAX_LENGTH, words = ENGLISH } = options;
  return isStandard(message) ? cut(lineOf(message, words).replace(/\s+/gu, ' ').trim(), maxLength) : undefined;
}

/** What of a standard message may be searched for: all of its text, the names of its files; undefined for other kinds. */
export function searchTextOf(message: PreviewedContent): string | undefined {
  if (!isStandard(message)) return undefined;
  const { content } = message as { readonly content: Partial<Record<string, unknown>> };
  const { file, messages = [] } = content as { file?: { name?: string }; messages?: readonly PreviewedContent[] };
  const own = ['text', 'caption', 'name', 'address', 'title'].map((key) => content[key]);
  const found = [...own, file?.name, ...messages.map(searchTextOf)];
  return found.filter((each) => typeof each === 'string' && each !== '').join('\n');
}

function isStandard({ type }: PreviewedContent): boolean {
  return Object.hasOwn(LINES, type);
}

function lineOf({ type, content }: PreviewedContent, words: PreviewWords): string {
  const line = LINES[type as keyof Kinds] as (content: JsonObject, words: PreviewWords) => string;
  return line(content, words);
}

/** `0:07`, `1:02:03`. */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const tail = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`;
}

function cut(text: string, maxLength: number): string {
  // A character as a reader sees it has one code unit at least.
  if (text.length <= maxLength) return text;
  const characters: string[] = [];
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (characters.length === maxLength) return `${characters.slice(0, -1).join('').trimEnd()}…`;
    characters.push(segment);
  }
  return text;
}
