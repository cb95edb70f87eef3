import { whenAborted } from '../abort-signal.ts';
import type { Tab, TabObserver, Tabs } from './tabs.ts';

export interface BrowserTabsOptions {
  /** Separates applications, and stores, of one origin. Default `tidemark`. */
  readonly name?: string;
}

/**
 * What Web Locks guarantee, and what they do not: a lock is held until it is let go of or its page is gone, also by a crash,
 * and the next in line has it within milliseconds. A page that is frozen or asleep keeps it. So it can be stolen from one
 * that no longer answers; that one learns of it when it wakes, perhaps after it would have written. Hence `holds`: a page
 * that has run within VERIFIED_MS cannot have been silent long enough to be stolen from; another asks the browser first.
 */
const VERIFIED_MS = 1_500;

/** Whether this runtime has Web Locks and BroadcastChannel, as browsers in a secure context do. */
export function hasBrowserTabs(): boolean {
  const { navigator, BroadcastChannel } = globalThis as { navigator?: Navigator; BroadcastChannel?: unknown };
  return navigator?.locks !== undefined && BroadcastChannel !== undefined;
}

/**
 * The tabs of one browser: an exclusive lock per user for the leader, a BroadcastChannel among them. A page that goes into
 * the back-forward cache gives leadership up, which it has to in order to get there, and takes part again when it is back.
 */
export function browserTabs({ name = 'tidemark' }: BrowserTabsOptions = {}): Tabs {
  if (!hasBrowserTabs()) {
    throw new Error('needs a secure context (https)');
  }
  return { join: (userId, observer) => joinTabs(`${name}/${userId}`, observer) };
}

function joinTabs(name: string, observer: TabObserver): Tab {
  const { locks } = navigator;
  const leaderLock = `${name}/leader`;
  const presentLock = `${name}/present`;
  const left = new AbortController();
  let channel = openChannel();
  /** Ends the wait for leadership, or the term. */
  let request: AbortController | undefined;
  let presence: AbortController | undefined;
  let leading = false;
  let clientId: string | undefined;
  let verifiedAt = -Infinity;

  function openChannel(): BroadcastChannel {
    const opened = new BroadcastChannel(name);
    opened.onmessage = ({ data }: MessageEvent<unknown>) => {
      noteAwake();
      observer.onMessage(data);
    };
    return opened;
  }

  /** A page that was awake a moment ago has not been stolen from since. */
  function noteAwake(): void {
    if (performance.now() - verifiedAt <= VERIFIED_MS) verifiedAt = performance.now();
  }

  async function whoLeads(): Promise<string | undefined> {
    const { held = [] } = await locks.query();
    return held.find((lock) => lock.name === leaderLock)?.clientId;
  }

  function requestLead(steal: boolean): void {
    request?.abort();
    const own = new AbortController();
    request = own;
    const held = async (): Promise<void> => {
      if (own.signal.aborted) return;
      clientId = await whoLeads();
      if (own.signal.aborted) return;
      leading = true;
      verifiedAt = performance.now();
      observer.onLead(own.signal);
      await whenAborted(own.signal);
      if (request === own) leading = false;
    };
    // A request that steals cannot be aborted, and need not be: it is granted at once.
    locks.request(leaderLock, steal ? { steal } : { signal: own.signal }, held).catch((error: unknown) => {
      // Stolen, or given up while waiting. In the first case this page stands again, behind the thief.
      if (own.signal.aborted) return;
      const wasGranted = leading;
      leading = false;
      own.abort();
      if (request !== own || left.signal.aborted) return;
      if (wasGranted || (error as Error).name === 'AbortError') requestLead(false);
      else refused(error);
    });
  }

  function resign(): void {
    request?.abort();
    request = undefined;
    leading = false;
  }

  function refused(error: unknown): void {
    leave();
    observer.onRefused(error);
  }

  function leave(): void {
    if (left.signal.aborted) return;
    left.abort();
    resign();
    presence?.abort();
    channel.close();
  }

  function bePresent(): void {
    const own = new AbortController();
    presence = own;
    const held = (): Promise<void> => whenAborted(own.signal);
    locks.request(presentLock, { mode: 'shared', signal: own.signal }, held).catch(() => undefined);
  }

  function takePart(): void {
    bePresent();
    requestLead(false);
  }

  const page = globalThis as Partial<Pick<Window, 'addEventListener' | 'document'>>;
  const { signal } = left;
  page.addEventListener?.(
    'pagehide',
    (event) => {
      // Locks and an open channel keep a page out of the back-forward cache.
      resign();
      presence?.abort();
      channel.close();
      if (!event.persisted) left.abort();
    },
    { signal },
  );
  page.addEventListener?.(
    'pageshow',
    (event) => {
      if (!event.persisted) return;
      channel = openChannel();
      takePart();
      observer.onWake();
    },
    { signal },
  );
  const isVisible = (): boolean => page.document?.visibilityState !== 'hidden';
  const wake = (): void => {
    if (isVisible()) observer.onWake();
  };
  page.document?.addEventListener('visibilitychange', wake, { signal });
  page.document?.addEventListener('resume', wake, { signal });
  queueMicrotask(() => {
    if (!signal.aborted) takePart();
  });

  return {
    post: (message) => {
      if (!signal.aborted) channel.postMessage(message);
    },
    isVisible,
    holds: async () => {
      if (!leading) return false;
      if (performance.now() - verifiedAt > VERIFIED_MS) {
        const holder = await whoLeads();
        if (leading && (holder === undefined || holder !== clientId)) resign();
        if (leading) verifiedAt = performance.now();
      }
      noteAwake();
      return leading;
    },
    takeOver: () => {
      // Nobody looks at this one: the one that is looked at will ask.
      if (signal.aborted || leading || !isVisible()) return;
      requestLead(true);
    },
    alone: async (ms) => {
      presence?.abort();
      try {
        return await locks.request(presentLock, { signal: AbortSignal.timeout(ms) }, () => true);
      } catch {
        return false;
      }
    },
    leave,
  };
}
