import type { UserId } from '@tidemark/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { browserTabs, type Tab } from '../../src/index.ts';
import { until } from '../support/test-client.ts';

const alice = 'alice' as UserId;

interface Request {
  readonly name: string;
  readonly mode: 'exclusive' | 'shared';
  readonly clientId: string;
  readonly grant: () => void;
  readonly lose: (error: Error) => void;
}

/** The part of Web Locks that is called, for the pages of one browser: in line, shared or exclusive, stolen, aborted. */
class Locks {
  readonly held = new Set<Request>();
  readonly #line: Request[] = [];

  /** As one page sees it. */
  of(clientId: string): Pick<LockManager, 'request' | 'query'> {
    const request = async (name: string, options: LockOptions, work: (lock: Lock) => unknown): Promise<unknown> => {
      const { mode = 'exclusive', steal = false, signal } = options;
      await new Promise<void>((resolve, reject) => {
        const own: Request = { name, mode, clientId, grant: resolve, lose: reject };
        signal?.addEventListener('abort', () => {
          const index = this.#line.indexOf(own);
          if (index < 0) return;
          this.#line.splice(index, 1);
          reject(signal.reason as Error);
        });
        if (signal?.aborted) reject(signal.reason as Error);
        else if (steal) {
          for (const other of this.#holding(name)) {
            this.held.delete(other);
            other.lose(new DOMException('stolen', 'AbortError'));
          }
          this.#line.unshift(own);
        } else this.#line.push(own);
        this.#serve();
      });
      const own = [...this.held].findLast((each) => each.name === name && each.clientId === clientId) as Request;
      const stolen = new Promise<never>((_, reject) => Object.assign(own, { lose: reject }));
      try {
        return await Promise.race([work({ name, mode }), stolen]);
      } finally {
        this.held.delete(own);
        this.#serve();
      }
    };
    return {
      request: request as LockManager['request'],
      query: async () => ({
        held: [...this.held].map(({ name, mode, clientId: id }) => ({ name, mode, clientId: id })),
      }),
    };
  }

  #holding(name: string): Request[] {
    return [...this.held].filter((each) => each.name === name);
  }

  #serve(): void {
    for (const next of [...this.#line]) {
      const holding = this.#holding(next.name);
      const isFirst = this.#line.find((each) => each.name === next.name) === next;
      const fits = holding.length === 0 || (next.mode === 'shared' && holding.every((each) => each.mode === 'shared'));
      if (!isFirst || !fits) continue;
      this.#line.splice(this.#line.indexOf(next), 1);
      this.held.add(next);
      next.grant();
    }
  }
}

let locks: Locks;
let pages: TestPage[] = [];

/** One page: its own navigator, its own events. */
class TestPage {
  readonly events = new EventTarget();
  readonly terms: AbortSignal[] = [];
  readonly heard: unknown[] = [];
  wakes = 0;
  readonly tab: Tab;

  constructor(name: string) {
    vi.stubGlobal('navigator', { locks: locks.of(name) });
    vi.stubGlobal('addEventListener', this.events.addEventListener.bind(this.events));
    this.tab = browserTabs({ name: 'test' }).join(alice, {
      onLead: (term) => this.terms.push(term),
      onMessage: (message) => this.heard.push(message),
      onRefused: () => undefined,
      onWake: () => {
        this.wakes += 1;
      },
    });
    pages.push(this);
  }

  get leads(): boolean {
    return this.terms.at(-1)?.aborted === false;
  }

  transition(type: 'pagehide' | 'pageshow', persisted: boolean): void {
    this.events.dispatchEvent(Object.assign(new Event(type), { persisted }));
  }
}

beforeEach(() => {
  locks = new Locks();
  pages = [];
});

afterEach(() => {
  for (const page of pages) page.tab.leave();
  vi.unstubAllGlobals();
});

describe('the tabs of a browser', () => {
  it('have one leader at a time, and the next when it leaves', async () => {
    const first = new TestPage('first');
    await until(() => first.leads);
    const second = new TestPage('second');
    expect(await first.tab.holds()).toBe(true);
    expect(await second.tab.holds()).toBe(false);
    first.tab.leave();
    expect(first.leads).toBe(false);
    await until(() => second.leads);
    expect(first.terms).toHaveLength(1);
  });

  it('hear each other, and nothing after they left', async () => {
    const [first, second] = [new TestPage('first'), new TestPage('second')];
    first.tab.post({ n: 1 });
    await until(() => expect(second.heard).toEqual([{ n: 1 }]));
    second.tab.leave();
    first.tab.post({ n: 2 });
    const third = new TestPage('third');
    first.tab.post({ n: 3 });
    await until(() => expect(third.heard).toEqual([{ n: 3 }]));
    expect(second.heard).toEqual([{ n: 1 }]);
    expect(first.heard).toEqual([]);
  });

  it('let go of locks for the back-forward cache, and take part again when the page is back', async () => {
    const first = new TestPage('first');
    await until(() => first.leads);
    first.transition('pagehide', true);
    expect(first.leads).toBe(false);
    await until(() => locks.held.size === 0);
    const second = new TestPage('second');
    await until(() => second.leads);
    first.transition('pageshow', true);
    expect(first.wakes).toBe(1);
    second.tab.post('while it was back');
    await until(() => expect(first.heard).toEqual(['while it was back']));
    second.tab.leave();
    await until(() => first.leads);
  });

  it('take over from one that sleeps, which knows before it writes and leads again later', async () => {
    const first = new TestPage('first');
    await until(() => first.leads);
    const second = new TestPage('second');
    second.tab.takeOver();
    await until(() => second.leads);
    expect(await first.tab.holds()).toBe(false);
    await until(() => expect(first.leads).toBe(false));
    expect(await second.tab.holds()).toBe(true);
    second.tab.leave();
    await until(() => first.leads);
  });

  it('ask the browser before they write when they may have slept', async () => {
    const first = new TestPage('first');
    await until(() => first.leads);
    // Someone else has the lock, and no news of it has arrived yet.
    for (const each of locks.held) if (each.name.endsWith('/leader')) locks.held.delete(each);
    expect(await first.tab.holds()).toBe(true);
    const asleep = performance.now() + 60_000;
    vi.spyOn(performance, 'now').mockReturnValue(asleep);
    expect(await first.tab.holds()).toBe(false);
    vi.restoreAllMocks();
    expect(first.leads).toBe(false);
  });

  it('know when they are alone', async () => {
    const [first, second] = [new TestPage('first'), new TestPage('second')];
    await until(() => locks.held.size === 3);
    expect(await first.tab.alone(20)).toBe(false);
    const alone = first.tab.alone(5_000);
    second.tab.leave();
    expect(await alone).toBe(true);
  });

  it('need a secure context', () => {
    vi.stubGlobal('navigator', {});
    expect(() => browserTabs()).toThrow('secure context');
  });
});
