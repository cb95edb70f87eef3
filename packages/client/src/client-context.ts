import { createIdSource, parseUserId, systemClock } from '@tidemark/core';
import { clockForMany } from './abort-signal.ts';
import { createClientEmitter } from './client-events.ts';
import { checkedOptions, type UntypedOptions } from './client-options.ts';
import type { Leadership } from './leadership.ts';
import { createReader } from './received.ts';
import { tabsOfStore } from './tabs/tabs-of-store.ts';
import { warnOnce } from './warn-once.ts';

/** Where a client is between its creation and its end. */
export interface ClientLife {
  isStarted: boolean;
  /** The user signed out, here or in another tab. */
  isErased: boolean;
  /** While this tab leads. */
  leadership: Leadership | undefined;
}

/** What the stages of one client share. Throws `invalid_input` for an option that breaks its rule. */
export function createClientContext(options: UntypedOptions) {
  const numbers = checkedOptions(options);
  const { connection, attachments, random = Math.random } = options;
  const clock = clockForMany(options.clock ?? systemClock);
  const closed = new AbortController();
  const events = createClientEmitter();
  if (options.warnings ?? true) warnOnce(events);
  // The platform's cryptographic source unless a seeded one was handed in.
  const ids = createIdSource(options.random);
  const life: ClientLife = { isStarted: false, isErased: false, leadership: undefined };
  return {
    ...numbers,
    ...tabsOfStore(options.tabs, options.store),
    userId: parseUserId(options.userId),
    connection,
    attachments,
    clock,
    timing: { clock, random, ...(options.backoff ?? { baseMs: 300, capMs: 30_000 }) },
    events,
    reader: createReader(options.contentTypes),
    ids,
    /** Names this client among those over the same store. */
    tab: ids.commandId(clock.now()),
    life,
    closed,
    closing: closed.signal,
  };
}

export interface ClientContext extends ReturnType<typeof createClientContext> {}
