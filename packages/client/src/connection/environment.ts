/**
 * Environment: what the device says of its network and its screen. The browser's is picked by itself; React Native's is
 * made of NetInfo and AppState. To whoever implements it:
 *
 *  - `network` is what the device says, and a hint: while it is false there are few attempts, and one that succeeds is believed.
 *  - `frozen` is a fact: nothing of the page may run or stay open.
 *  - Listeners are called after the change. `shown` may be told again without having been hidden.
 *  - Nothing is touched before `subscribe`, and nothing is left after its end.
 */
export interface Environment {
  readonly network: boolean;
  /** The page is frozen, or in the back/forward cache. Absent: never. */
  readonly frozen?: boolean;
  /** Whether someone may be looking. Timers run late where no one is. */
  readonly visible: boolean;
  subscribe(listener: (change: EnvironmentChange) => void): () => void;
}

export type EnvironmentChange = 'network-gone' | 'network-back' | 'shown';

/** The subset of a page's or worker's globals that is read. */
interface BrowserGlobals {
  readonly document?: Target & { readonly visibilityState?: string };
  readonly navigator?: { readonly onLine?: boolean };
  addEventListener?: Target['addEventListener'];
  removeEventListener?: Target['removeEventListener'];
}

interface Target {
  addEventListener(type: string, listener: () => void): void;
  removeEventListener(type: string, listener: () => void): void;
}

/**
 * The page or worker this runs in. On `pagehide` and `freeze` the network counts as gone, so that the socket is closed and
 * the page may enter the back/forward cache; `pageshow` and `resume` bring it back. Where there are no such events (Node),
 * there always is a network.
 */
export function browserEnvironment(globals: BrowserGlobals = globalThis as BrowserGlobals): Environment {
  let frozen = false;
  const environment: Environment = {
    get network() {
      return !frozen && globals.navigator?.onLine !== false;
    },
    get frozen() {
      return frozen;
    },
    get visible() {
      return globals.document?.visibilityState !== 'hidden';
    },
    subscribe: (listener) => {
      let had = environment.network;
      const look = (): void => {
        if (environment.network === had) return;
        had = !had;
        listener(had ? 'network-back' : 'network-gone');
      };
      const freeze = (isFrozen: boolean) => (): void => {
        frozen = isFrozen;
        if (!frozen && !environment.network) listener('shown');
        look();
      };
      const hide = freeze(true);
      const show = freeze(false);
      const showIfVisible = (): void => {
        if (environment.visible) listener('shown');
      };
      const page = globals as Target;
      const { document } = globals;
      const heard: [Target | undefined, string, () => void][] = [
        [page, 'online', look],
        [page, 'offline', look],
        [page, 'pagehide', hide],
        [page, 'pageshow', show],
        [document, 'freeze', hide],
        [document, 'resume', show],
        [document, 'visibilitychange', showIfVisible],
      ];
      const isPage = typeof globals.addEventListener === 'function';
      const each = (method: keyof Target): void => {
        if (isPage) for (const [target, type, callback] of heard) target?.[method](type, callback);
      };
      each('addEventListener');
      return () => {
        each('removeEventListener');
        frozen = false;
      };
    },
  };
  return environment;
}
