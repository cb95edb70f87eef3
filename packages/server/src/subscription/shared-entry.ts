import type { Event } from '@tidemark/core';
import type { FrameTemplate } from './text-frame.ts';

/**
 * A committed event on its way to this node's feeds: one object for all of them, so that what a transport derives from
 * it (its text) is derived once.
 */
export interface SharedEntry {
  readonly event: Event;
  /** Set by a socket transport; the parts around the recipient's seq. */
  text?: EntryText;
}

/** The serialised entry, cut at the places where the recipient's seq stands. */
export interface EntryText {
  readonly parts: readonly string[];
  /** By the number of digits of the seq. */
  readonly encoded: EncodedEntry[];
}

export interface EncodedEntry {
  readonly text: FrameTemplate;
  /** By the start of the subscription's texts, which is the same for most. */
  readonly frames: Map<string, FrameTemplate>;
}
