import 'fake-indexeddb/auto';
import { indexedDbLocalStore } from '@tidemark/client/indexeddb';
import { directConversationId, type UserId } from '@tidemark/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { browserTabs } from '../../src/index.ts';
import { ModelServer } from '../support/model-server.ts';
import { type TestClient, testClient, until } from '../support/test-client.ts';

const chat = directConversationId('alice', 'bob');
const text = (words: string) => ({ type: 'text', content: { text: words } });
const problems = (client: TestClient) => client.seen('store').map(({ problem }) => problem);
let names = 0;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** `indexedDB.open` fails with an error of that name, so many times. */
function refuseOpen(error: 'SecurityError' | 'UnknownError', times: number): { count: number } {
  const open = indexedDB.open.bind(indexedDB);
  const asked = { count: 0 };
  vi.spyOn(indexedDB, 'open').mockImplementation((...args) => {
    asked.count += 1;
    if (asked.count > times) return open(...args);
    const request = { error: new DOMException('refused', error) } as unknown as IDBOpenDBRequest;
    if (error === 'SecurityError') throw request.error;
    queueMicrotask(() => (request.onerror as (() => void) | null)?.call(request as never));
    return request;
  });
  return asked;
}

function name(): string {
  names += 1;
  return `refused-${names}`;
}

/** Web Locks as in a page whose site data are blocked. */
function refuseLocks(): { count: number } {
  const asked = { count: 0 };
  const refuse = (): Promise<never> => {
    asked.count += 1;
    return Promise.reject(new DOMException('Access to the Locks API is denied in this context.', 'SecurityError'));
  };
  vi.stubGlobal('navigator', { locks: { request: refuse, query: refuse } });
  return asked;
}

describe('a page whose site data are blocked', () => {
  it('runs from memory, says so, and asks neither store nor locks again and again', async () => {
    const server = new ModelServer();
    server.say('bob', chat, 'hello');
    const locks = refuseLocks();
    const opens = refuseOpen('SecurityError', Number.MAX_SAFE_INTEGER);
    const store = indexedDbLocalStore({ name: name() });
    await using alice = testClient(server, 'alice', { store, tabs: browserTabs() });
    alice.client.start();
    await until(() => alice.seen('live').length >= 1);
    await alice.client.conversation(chat).send(text('from memory')).receipt;
    await until(() => expect(alice.client.unread.getSnapshot()).toBe(1));
    expect(problems(alice)).toEqual(['blocked']);
    expect([locks.count, opens.count]).toEqual([2, 1]);
  });

  it('runs from memory without tabs too', async () => {
    const server = new ModelServer();
    const opens = refuseOpen('SecurityError', Number.MAX_SAFE_INTEGER);
    await using alice = testClient(server, 'alice', { store: indexedDbLocalStore({ name: name() }), tabs: null });
    alice.client.start();
    await until(() => alice.seen('live').length === 1);
    expect([problems(alice), opens.count]).toEqual([['blocked'], 1]);
  });

  it('owns nothing where Web Locks are missing, as over plain http: another tab may write to the same store', async () => {
    vi.stubGlobal('isSecureContext', false);
    const server = new ModelServer();
    const store = indexedDbLocalStore({ name: name() });
    const written = vi.spyOn(store, 'transaction');
    await using alice = testClient(server, 'alice', { store });
    alice.client.start();
    await until(() => alice.seen('live').length >= 1);
    await alice.client.conversation(chat).send(text('over http')).receipt;
    expect(problems(alice)).toEqual(['blocked']);
    expect(written).not.toHaveBeenCalled();
  });
});

describe('a database that cannot be opened for a while', () => {
  it('is left alone: nothing is deleted, a person hears of it, and unsent drafts go out afterwards', async () => {
    const server = new ModelServer();
    const place = name();
    const release = server.hold('send', 'call');
    {
      await using alice = testClient(server, 'alice', { store: indexedDbLocalStore({ name: place }) });
      alice.client.start();
      await until(() => alice.seen('live').length === 1);
      alice.client.conversation(chat).send(text('unsent'));
      await until(() => alice.seen('queued').length === 1);
    }
    release();
    const deleted = vi.spyOn(indexedDB, 'deleteDatabase');
    refuseOpen('UnknownError', 5);
    await using again = testClient(server, 'alice', { store: indexedDbLocalStore({ name: place }) });
    again.client.start();
    await until(() => again.seen('sent').length === 1);
    expect(problems(again)).toEqual(['unavailable']);
    expect(deleted).not.toHaveBeenCalled();
    expect(server.messagesIn(chat)).toHaveLength(1);
  });

  it('and never again is left alone too, while the page goes on from memory', async () => {
    const server = new ModelServer();
    const place = name();
    {
      await using alice = testClient(server, 'alice', { store: indexedDbLocalStore({ name: place }) });
      alice.client.start();
      await until(() => alice.seen('live').length === 1);
    }
    const before = (await indexedDB.databases()).length;
    refuseOpen('UnknownError', Number.MAX_SAFE_INTEGER);
    await using again = testClient(server, 'alice', { store: indexedDbLocalStore({ name: place }) });
    again.client.start();
    await until(() => again.seen('live').length === 1);
    expect(problems(again)).toEqual(['unavailable', 'blocked']);
    expect((await indexedDB.databases()).length).toBe(before);
  });
});

describe('a draft that cannot be read', () => {
  it('is kept aside when the rest is repaired, in one transaction with it', async () => {
    const place = name();
    const store = indexedDbLocalStore({ name: place });
    await store.open('alice' as UserId);
    await store.close();
    const request = indexedDB.open(`${place}/alice`);
    await new Promise((resolve) => (request.onsuccess = resolve));
    const database = request.result;
    const write = database.transaction('drafts', 'readwrite');
    write.objectStore('drafts').put('{"torn: what a person wrote', 'b');
    await new Promise((resolve) => (write.oncomplete = resolve));
    const again = indexedDbLocalStore({ name: place });
    await again.open('alice' as UserId);
    await expect(again.load()).rejects.toMatchObject({ problem: 'corrupt' });
    await again.open('alice' as UserId);
    expect(await again.load()).toMatchObject({ drafts: [] });
    const aside = database.transaction('meta').objectStore('meta').getAll();
    await new Promise((resolve) => (aside.onsuccess = resolve));
    expect(aside.result).toContain('{"torn: what a person wrote');
    database.close();
    await again.close();
  });
});
