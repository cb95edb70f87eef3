import type { ContentMap, JsonValue, UserId } from '@tidemark/core';
import type { ClientEvents } from '../../src/client-events.ts';
import {
  type Client,
  type ClientOptions,
  type Connection,
  type ConnectionState,
  createClient,
  type LocalStore,
  type MessagingTrpc,
  memoryLocalStore,
  memoryTabs,
  type Tabs,
} from '../../src/index.ts';
import type { ModelServer } from '../support/model-server.ts';
import { CLIENT_EVENTS } from '../support/test-client.ts';

type Options = ClientOptions<MessagingTrpc, JsonValue, JsonValue>;

export interface Tab {
  readonly name: string;
  readonly client: Client<ContentMap, ContentMap, JsonValue>;
  /** Of the events of this tab, in order. */
  seen<K extends keyof ClientEvents>(type: K): ClientEvents[K][];
  shown(conversationId: string): string[];
  readonly leads: boolean;
  /** State of its own connection: `open` means a socket. */
  readonly socket: ConnectionState['state'];
  /** Transactions it has written that moved rows, events or the cursor. */
  readonly writes: number;
  /** The browser process is gone: nothing of it runs any more, its lock is free. */
  crash(): void;
  /** The page is frozen: the same, but it keeps its lock, and its messages wait until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** Messages of other tabs do not reach it, and are not kept for it. */
  deafen(): void;
  hear(): void;
  post(message: unknown): void;
}

/** One browser: a store, a lock and a channel for all tabs of alice. */
export class TabWorld implements AsyncDisposable {
  readonly server: ModelServer;
  readonly tabs: Tab[] = [];
  readonly store = sharedStore();
  readonly #lock = memoryTabs();
  readonly #pages: Page[] = [];

  constructor(server: ModelServer) {
    this.server = server;
  }

  get leader(): Tab | undefined {
    return this.tabs.find((tab) => tab.leads);
  }

  open(options: Partial<Options> = {}): Tab {
    const name = `tab ${this.tabs.length + 1}`;
    const page = new Page();
    this.#pages.push(page);
    let writes = 0;
    let post = (_: unknown): void => undefined;
    let isDeaf = false;
    let term: AbortController | undefined;
    let wake = (): void => undefined;
    let leave = (): void => undefined;
    const tabs: Tabs = {
      join: (userId, observer) => {
        const tab = this.#lock.join(userId, {
          onLead: (signal) => {
            const own = new AbortController();
            signal.addEventListener('abort', () => page.run(() => own.abort()));
            term = own;
            page.run(() => observer.onLead(own.signal));
          },
          onMessage: (message) => {
            if (!isDeaf) page.run(() => observer.onMessage(message));
          },
          onWake: () => undefined,
          onRefused: observer.onRefused,
        });
        post = tab.post;
        wake = observer.onWake;
        leave = tab.leave;
        return {
          ...tab,
          post: (message) => {
            if (page.runs) tab.post(message);
          },
        };
      },
    };
    const connection = socket(page);
    const store = page.wrap(this.store.handle());
    const client = createClient<MessagingTrpc, JsonValue, JsonValue>({
      trpc: page.wrap(this.server.port('alice')),
      userId: 'alice',
      contentTypes: ['text', 'image'],
      backoff: { baseMs: 2, capMs: 20 },
      warnings: false,
      connection,
      ...options,
      tabs,
      store: {
        ...store,
        transaction: (changes) => {
          if (changes.conversations || changes.events || changes.cursor) writes += 1;
          return store.transaction(changes);
        },
      },
    });
    const log: { type: keyof ClientEvents; event: unknown }[] = [];
    for (const type of CLIENT_EVENTS) client.on(type, (event) => log.push({ type, event }));
    const tab: Tab = {
      name,
      client,
      seen: <K extends keyof ClientEvents>(type: K) =>
        log.filter((each) => each.type === type).map((each) => each.event as ClientEvents[K]),
      shown: (conversationId) =>
        client
          .conversation(conversationId)
          .messages.getSnapshot()
          .items.map((item) => {
            const text = 'text' in item.content ? String(item.content.text) : JSON.stringify(item.content);
            return item.status === 'stored' ? text : `${text} (${item.status})`;
          }),
      get leads() {
        return page.runs && term !== undefined && !term.signal.aborted && tab.seen('role').at(-1)?.role === 'leader';
      },
      get socket() {
        return connection.getSnapshot().state;
      },
      get writes() {
        return writes;
      },
      crash: () => {
        page.end();
        leave();
      },
      freeze: () => page.stop(),
      thaw: () => {
        page.go();
        wake();
      },
      deafen: () => {
        isDeaf = true;
      },
      hear: () => {
        isDeaf = false;
      },
      post: (message) => post(message),
    };
    this.tabs.push(tab);
    client.start();
    return tab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const page of this.#pages) page.refuse();
    // The store of one that crashed cannot be closed by it.
    await Promise.allSettled(this.tabs.map(({ client }) => client.close()));
  }
}

/** What runs of a page: all, nothing for now, or nothing ever again. */
class Page {
  runs = true;
  /** Calls that got no answer. */
  readonly #unanswered = new Set<(error: Error) => void>();
  #waiting: (() => void)[] = [];
  #ended = false;
  #isRefusing = false;

  /** What still waits is refused, so that a test can end. */
  refuse(): void {
    this.#isRefusing = true;
    for (const reject of this.#unanswered) reject(new Error('the test is over'));
  }

  run(task: () => void): void {
    if (this.runs) task();
    else if (!this.#ended) this.#waiting.push(task);
  }

  stop(): void {
    this.runs = false;
  }

  go(): void {
    if (this.#ended) return;
    this.runs = true;
    for (const task of this.#waiting.splice(0)) task();
  }

  end(): void {
    this.stop();
    this.#ended = true;
    this.#waiting = [];
  }

  /** The same object, whose calls and answers do not get through while the page does not run. */
  wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key);
        if (typeof value === 'object' && value !== null) return this.wrap(value);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          const isFeed = key === 'subscribe';
          if (!this.runs && isFeed) return { unsubscribe: () => undefined };
          if (!this.runs) return this.#never();
          const [first, observer] = args as [unknown, object];
          const answer: unknown = isFeed ? value(first, this.#heard(observer)) : value(...args);
          if (!(answer instanceof Promise)) return answer;
          return new Promise((resolve, reject) => {
            this.#unanswered.add(reject);
            answer
              .then(
                (result) => this.run(() => resolve(result)),
                (error) => this.run(() => reject(error as Error)),
              )
              .finally(() => this.runs && this.#unanswered.delete(reject));
          });
        };
      },
    });
  }

  #heard(observer: object): object {
    const entries = Object.entries(observer) as [string, (...args: unknown[]) => void][];
    return Object.fromEntries(
      entries.map(([name, call]) => [name, (...args: unknown[]) => this.run(() => call(...args))]),
    );
  }

  #never(): Promise<never> {
    return new Promise((_, reject) => {
      if (this.#isRefusing) reject(new Error('the test is over'));
      this.#unanswered.add(reject);
    });
  }
}

/** A socket that opens at once, and says so. */
function socket(page: Page): Connection {
  const listeners = new Set<() => void>();
  let state: ConnectionState = { state: 'idle' };
  const enter = (next: ConnectionState): void => {
    state = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    getSnapshot: () => (page.runs ? state : { state: 'closed' }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    open: () => {
      if (state.state !== 'open') enter({ state: 'open' });
    },
    retryNow: () => undefined,
    renew: () => undefined,
    close: async () => {
      enter({ state: 'closed' });
    },
  };
}

interface SharedStore {
  handle(): LocalStore;
  readonly inner: LocalStore;
  /** Writes of all tabs reject with it, until it is undefined. */
  breakWith(error: Error | undefined): void;
  /** When all that was asked of it so far is done, by tabs that crashed since then too. */
  settled(): Promise<void>;
}

/** A store that several tabs have open, each with a handle of its own; as slow as a database, and in order. */
function sharedStore(): SharedStore {
  const inner = memoryLocalStore();
  let last: Promise<unknown> = Promise.resolve();
  let broken: Error | undefined;
  const later = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(() => new Promise((resolve) => setImmediate(resolve))).then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    inner,
    breakWith: (error) => {
      broken = error;
    },
    settled: () => later(async () => undefined),
    handle: () => {
      let user: UserId | undefined;
      const opened = <T>(work: () => Promise<T>): Promise<T> =>
        later(async () => {
          if (user === undefined) throw new Error('the local store is not open');
          await inner.open(user);
          return work();
        });
      return {
        sharedAs: 'memory',
        open: (userId) =>
          later(async () => {
            user = userId;
            await inner.open(userId);
          }),
        close: async () => {
          user = undefined;
        },
        load: () => opened(() => inner.load()),
        events: (query) => opened(() => inner.events(query)),
        transaction: (changes) => opened(() => (broken ? Promise.reject(broken) : inner.transaction(changes))),
        erase: () => opened(() => inner.erase()),
      };
    },
  };
}
