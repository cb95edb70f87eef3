/**
 * Stage   tabs: who leads among the clients over one local store, and what they tell each other
 * In      leadership and messages of the {@link Tabs} port
 * Out     terms of leadership; commits, receipts and answers of other tabs
 * Keeps   P1 (what was asked of a leader that died is asked of the next), P10 (one writer of rows and cursor), P11 (bounded
 *         waits)
 * Proved  packages/client/test/tabs/
 */
import { type Clock, TidemarkError, type UserId } from '@tidemark/core';
import { createLeaderLine, type LeaderLine, type LeaderWork } from './leader-line.ts';
import { parseEnvelope, TAB_PROTOCOL, type TabEnvelope, type TabMessage } from './tab-message.ts';
import type { TabSeat, Tabs } from './tabs.ts';

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
  readonly closing: AbortSignal;
  /** Reads the local store again. */
  readonly reload: () => Promise<void>;
  /** Begins to lead; the store was read since nobody else leads. */
  readonly lead: (term: AbortSignal) => void;
  /** The term is over, and the client is not. */
  readonly follow: () => void;
  /** What the leader says when it is greeted. */
  readonly greeting: () => Extract<TabMessage, { type: 'leading' }>;
  /** Of another tab; never `hello`, `elected`, `ask` or `answer`. */
  readonly onMessage: (message: TabMessage) => void;
}

/** A leader that says nothing for so long, in ms, although it was greeted, is taken for frozen. */
const SILENCE_MS = 5_000;
const SIGN_OUT_MS = 1_000;

export function createTabGroup<W extends LeaderWork>(options: TabGroupOptions<W>): TabGroup<W> {
  const { tabs, tab, userId, work, clock, closing, reload, onMessage } = options;
  const line = createLeaderLine({ tab, work, clock, closing, post, onDoubt: () => void greet() });
  /** The last message of each other tab. */
  const heard = new Map<string, number>();
  let seat: TabSeat | undefined;
  let leads = false;
  /** The leader, as far as is known. */
  let leader: string | undefined;
  /** The last one that led and said so; another after it may have found what nobody told. */
  let led: string | undefined;
  let posted = 0;
  let heardLeader = 0;
  let greeting = false;
  let reloading: Promise<void> | undefined;

  function post(message: TabMessage): void {
    if (!seat) return;
    posted += 1;
    seat.post({ tidemark: TAB_PROTOCOL, from: tab, n: posted, message } satisfies TabEnvelope);
  }

  // ── Leading ──────────────────────────────────────────────────────────────────────────────────────────────────────

  async function beginTerm(term: AbortSignal): Promise<void> {
    post({ type: 'elected' });
    leader = tab;
    term.addEventListener('abort', () => endTerm(), { once: true });
    await reload();
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

  /** What was missed is in the store, whoever wrote it. One at a time; asked for meanwhile, once more. */
  function catchUp(): void {
    if (closing.aborted) return;
    const again = (reloading ?? Promise.resolve()).then(() => (reloading === again ? reload() : undefined));
    reloading = again;
    again.then(
      () => {
        if (reloading === again) reloading = undefined;
      },
      // Rejects only when the client closes.
      () => undefined,
    );
  }

  function hear(data: unknown): void {
    if (closing.aborted) return;
    const envelope = parseEnvelope(data);
    if (!envelope) {
      // Another build of the application, which writes to the same store.
      catchUp();
      return;
    }
    const { from, n, message } = envelope;
    const before = heard.get(from);
    heard.set(from, n);
    if (from === leader) heardLeader = clock.monotonic();
    if (before !== undefined && n !== before + 1) catchUp();
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
      case 'ask':
      case 'answer':
        line.take(message);
        return;
      case 'leading':
        if (leads) return;
        if (led !== undefined && led !== from) catchUp();
        led = from;
        leader = from;
        heardLeader = clock.monotonic();
        onMessage(message);
        line.leaderIs(from);
        return;
      default:
        onMessage(message);
    }
  }

  /** Finds out whether there is a leader that answers; takes over from one that does not. */
  async function greet(): Promise<void> {
    if (leads || greeting || closing.aborted) return;
    greeting = true;
    const since = clock.monotonic();
    post({ type: 'hello' });
    await clock.sleep(SILENCE_MS, closing);
    greeting = false;
    if (!closing.aborted && leader !== tab && heardLeader < since) seat?.takeOver();
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
      seat = tabs.join(userId, {
        onLead: (term) => {
          beginTerm(term).catch((error: unknown) => {
            if (!closing.aborted) throw error;
          });
        },
        onMessage: hear,
        onWake: () => void greet(),
      });
      // Only now does this tab hear of commits; what came before is read.
      catchUp();
      void greet();
    },
    post,
    holds: () => (tabs ? (seat?.holds() ?? false) : true),
    signOutOthers: async () => {
      post({ type: 'erase' });
      await seat?.alone(SIGN_OUT_MS);
    },
    leave: () => {
      line.close(new TidemarkError('closing', 'the client was closed'));
      seat?.leave();
      seat = undefined;
    },
  };
}
