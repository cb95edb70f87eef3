/**
 * Stage   tabs: elects a leader among the clients over one local store, and passes messages between them
 * In      leadership and messages of the {@link Tabs} port
 * Out     terms of leadership; commits, receipts and answers of other tabs
 * Keeps   P1 (what was asked of a leader that died is asked of the next), P10 (one writer of rows and cursor), P11 (bounded
 *         waits)
 * Proved  packages/client/test/tabs/
 */
import type { Clock, UserId } from '@tidemark/core';
import { onAbort } from '../abort-signal.ts';
import { closedError } from '../closed.ts';
import { within } from '../within.ts';
import { createLeaderLine, type LeaderLine, type LeaderWork } from './leader-line.ts';
import { parseEnvelope, TAB_PROTOCOL, type TabEnvelope, type TabMessage } from './tab-message.ts';
import type { Tab, Tabs } from './tabs.ts';

export interface TabGroup<W extends LeaderWork> {
  readonly leads: boolean;
  readonly ask: LeaderLine<W>['ask'];
  /** Takes part. Without tabs this one leads from then on. */
  join(): void;
  post(message: TabMessage): void;
  /** Whether this tab may write as the leader. */
  holds(): boolean | Promise<boolean>;
  /** Tells the others to let go of everything, and waits until they have, a second at most. */
  signOutOthers(): Promise<void>;
  /** Leads without the others, over a store of its own. */
  standAlone(): void;
  /** After the last write. */
  leave(): void;
}

export interface TabGroupOptions<W extends LeaderWork> {
  readonly tabs: Tabs | undefined;
  /** Names this tab among the others. */
  readonly tab: string;
  readonly userId: UserId;
  readonly work: W;
  readonly clock: Clock;
  /** Time limit of `Tab.holds`, in ms. */
  readonly storeTimeoutMs: number;
  readonly closing: AbortSignal;
  /** Reads the local store again. */
  readonly reload: () => Promise<void>;
  /** Begins to lead. Called when the store was read since the last leader ended. */
  readonly lead: (term: AbortSignal) => void;
  /** The term is over, and the client is not. */
  readonly follow: () => void;
  /** The platform refuses locks, so there can be no leader. */
  readonly onRefused: (error: unknown) => void;
  /** What the leader says when it is greeted. */
  readonly greeting: () => Extract<TabMessage, { type: 'leading' }>;
  /** Of another tab; never `hello`, `elected`, `ask` or `answer`. */
  readonly onMessage: (message: TabMessage) => void;
}

/** Has all tabs of a user let go of everything, and waits until they have, a second at most. @param tab says so */
export async function signOutTabs(tabs: Tabs, userId: UserId, tab: string, clock: Clock): Promise<void> {
  const joined = tabs.join(userId, { onLead: ignore, onMessage: ignore, onWake: ignore, onRefused: ignore });
  joined.post({ tidemark: TAB_PROTOCOL, from: tab, n: 1, message: { type: 'erase' } } satisfies TabEnvelope);
  await alone(joined, clock);
  joined.leave();
}

/** Resolves when the others have left, or at the time limit. */
async function alone(joined: Tab, clock: Clock): Promise<void> {
  const ask = (): Promise<boolean> => joined.alone(SIGN_OUT_MS);
  await within(2 * SIGN_OUT_MS, 'Tabs.alone', ask, clock).catch(ignore);
}

/** A leader that does not answer a greeting for so long, in ms, counts as frozen. */
const SILENCE_MS = 3_000;
/** How often a visible tab greets the leader, in ms: it takes over from a blocked one within five seconds. */
const BEAT_MS = 1_000;
const SIGN_OUT_MS = 1_000;
/** Messages that wait while the store is read. */
const MAX_HELD = 1_000;

export function createTabGroup<W extends LeaderWork>(options: TabGroupOptions<W>): TabGroup<W> {
  const { tab, userId, work, clock, closing, reload, onMessage } = options;
  const line = createLeaderLine({ tab, work, clock, closing, post, onDoubt: () => void greet() });
  /** The last message of each other tab. */
  const heard = new Map<string, number>();
  let { tabs } = options;
  let joined: Tab | undefined;
  let leads = false;
  /** The leader, as far as is known. */
  let leader: string | undefined;
  /** The last tab that announced itself as the leader. When another one follows it, changes may have been missed. */
  let led: string | undefined;
  let posted = 0;
  let heardLeader = 0;
  let greeting = false;
  /** The store is being read anew. */
  let catching: Promise<void> | undefined;
  /** Changes were missed during that read: the store has to be read once more. */
  let isOutdated = false;
  const held: TabEnvelope[] = [];

  function post(message: TabMessage): void {
    if (!joined) return;
    posted += 1;
    joined.post({ tidemark: TAB_PROTOCOL, from: tab, n: posted, message } satisfies TabEnvelope);
  }

  function unlessClosing(error: unknown): void {
    if (!closing.aborted) throw error;
  }

  // ── Leading ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async function beginTerm(term: AbortSignal): Promise<void> {
    post({ type: 'elected' });
    leader = tab;
    onAbort(term, endTerm);
    await catchUp();
    if (term.aborted || closing.aborted) return;
    leads = true;
    led = tab;
    options.lead(term);
    post(options.greeting());
    line.lead();
  }

  function endTerm(): void {
    if (leader === tab) leader = undefined;
    if (!leads) return;
    leads = false;
    line.follow();
    if (!closing.aborted) options.follow();
  }

  // ── Hearing ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Reads the store again, for changes that were missed. Messages that arrive meanwhile wait, since they build on those
   * changes. Rejects only when the client closes.
   */
  async function catchUp(): Promise<void> {
    isOutdated = true;
    catching ??= readAnew();
    await catching;
  }

  async function readAnew(): Promise<void> {
    while (isOutdated) {
      isOutdated = false;
      // Held changes are in the store already, perhaps with later ones: merged after the read, they would undo those.
      const others = held.filter((each) => each.message.type !== 'changes');
      held.splice(0, held.length, ...others);
      await reload();
    }
    catching = undefined;
    for (const heard of held.splice(0)) take(heard);
    // Open questions are asked again: their answers may have been missed.
    if (leader !== undefined && leader !== tab && leader === led) line.leaderIs(leader);
  }

  function noticeMissing(): void {
    if (closing.aborted) return;
    catchUp().catch(unlessClosing);
  }

  function hear(data: unknown): void {
    if (closing.aborted) return;
    const envelope = parseEnvelope(data);
    if (!envelope) {
      // Another build of the application, which writes to the same store.
      noticeMissing();
      return;
    }
    const { from, n, message } = envelope;
    const before = heard.get(from);
    heard.set(from, n);
    if (from === leader) heardLeader = clock.monotonic();
    // The first that is heard of a tab may be the first that was not missed. The leader's greeting is read after joining.
    const isGreeting = before === undefined && message.type === 'leading';
    if (n !== (before ?? 0) + 1 && !isGreeting) noticeMissing();
    switch (message.type) {
      case 'hello':
        if (leads) post(options.greeting());
        else if (leader === tab) post({ type: 'elected' });
        return;
      case 'elected':
        leader = from;
        heardLeader = clock.monotonic();
        line.follow();
        return;
      case 'leading':
        if (leads) return;
        if (led !== undefined && led !== from) noticeMissing();
        led = from;
        leader = from;
        heardLeader = clock.monotonic();
        break;
      case 'erase':
        onMessage(message);
        return;
      default:
    }
    take(envelope);
  }

  function take(envelope: TabEnvelope): void {
    const { from, message } = envelope;
    if (catching !== undefined) {
      held.push(envelope);
      if (held.length <= MAX_HELD) return;
      // Too many to hold: all but questions and answers are in the store.
      const talk = held.filter((each) => isTalk(each.message));
      held.splice(0, held.length, ...talk.slice(-MAX_HELD));
      isOutdated = true;
      return;
    }
    try {
      if (isTalk(message)) line.take(message);
      else onMessage(message);
    } catch {
      // The message is malformed or of another build. What it was about is in the store.
      noticeMissing();
    }
    if (message.type === 'leading' && leader === from) line.leaderIs(from);
  }

  /** Finds out whether there is a leader that answers; takes over from one that does not. */
  async function greet(): Promise<void> {
    if (leads || closing.aborted) return;
    post({ type: 'hello' });
    if (greeting) return;
    greeting = true;
    const since = clock.monotonic();
    await clock.sleep(SILENCE_MS, closing);
    greeting = false;
    if (!closing.aborted && leader !== tab && heardLeader < since) joined?.takeOver();
  }

  /** Watches the leader while this tab follows and is visible. After a sleep it waits anew, since it has heard nothing. */
  async function watchLeader(own: Tab): Promise<void> {
    let [since, last] = [clock.monotonic(), clock.monotonic()];
    while (joined === own && !closing.aborted) {
      const now = clock.monotonic();
      if (leads || !own.isVisible() || now - last > 2 * BEAT_MS) since = now;
      else if (now - Math.max(since, heardLeader) > SILENCE_MS) own.takeOver();
      else post({ type: 'hello' });
      last = now;
      await clock.sleep(BEAT_MS, closing);
    }
  }

  async function leadAlone(): Promise<void> {
    await catchUp();
    if (closing.aborted || leads) return;
    leads = true;
    leader = tab;
    options.lead(closing);
    line.lead();
  }

  return {
    get leads() {
      return leads;
    },
    ask: line.ask,
    join: () => {
      if (!tabs) {
        leads = true;
        line.lead();
        options.lead(closing);
        return;
      }
      joined = tabs.join(userId, {
        onLead: (term) => {
          beginTerm(term).catch(unlessClosing);
        },
        onMessage: hear,
        onWake: () => void greet(),
        onRefused: options.onRefused,
      });
      // Commits are heard from here on; earlier ones are read.
      noticeMissing();
      void watchLeader(joined);
    },
    post,
    holds: () => !tabs || within(options.storeTimeoutMs, 'storeTimeoutMs', () => joined?.holds() ?? false, clock),
    signOutOthers: async () => {
      post({ type: 'erase' });
      if (joined) await alone(joined, clock);
    },
    standAlone: () => {
      tabs = undefined;
      joined?.leave();
      joined = undefined;
      leadAlone().catch(unlessClosing);
    },
    leave: () => {
      line.close(closedError());
      joined?.leave();
      joined = undefined;
    },
  };
}

function ignore(): void {}

function isTalk(message: TabMessage): message is Extract<TabMessage, { type: 'ask' | 'answer' }> {
  return message.type === 'ask' || message.type === 'answer';
}
