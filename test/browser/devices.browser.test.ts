import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, startBrowser } from '../support/browser.ts';
import { type ChatWeb, startChatWeb } from '../support/chat-web.ts';
import type { BareClient, startBareClient } from './bare-client.ts';
import { type ChatPage, eventually, openChat, openDirect } from './chat-page.ts';
import { connectPeer } from './chat-peer.ts';
import { bundleForPage } from './page-bundle.ts';

const executable = await findBrowser();

describe.skipIf(executable === undefined)(
  'what a browser keeps: tabs, the local store, and pages that were left',
  () => {
    let chat: ChatWeb;
    let browser: Browser;

    beforeAll(async () => {
      [chat, browser] = await Promise.all([
        startChatWeb(),
        startBrowser(executable as string, { backForwardCache: true }),
      ]);
    });
    afterAll(async () => {
      await browser?.close();
      await chat?.[Symbol.asyncDispose]();
    });

    test('two tabs of a user hold one socket and announce a message once; when the one that leads is closed, the other takes over', async () => {
      await using peer = await connectPeer(chat.url, 'bea');
      const context = await browser.newContext();
      const tabs = [await openChat(context, chat.url, 'ada'), await openChat(context, chat.url, 'ada')] as const;
      const conversationId = 'd:ada,bea';
      for (const tab of tabs) await openDirect(tab, 'ada', 'bea');
      await peer.say(conversationId, 'to both');
      for (const tab of tabs) await tab.message('to both').waitFor();
      await tabs[1].say('from the second');
      for (const tab of tabs) await tab.sent('from the second');
      await tabs[0].say('from the first');
      for (const tab of tabs) await tab.sent('from the first');
      expect(tabs.map((tab) => tab.openSockets()).sort()).toEqual([0, 1]);
      await eventually(async () => (await announcements(tabs)).length > 0);
      expect(await announcements(tabs)).toEqual(['bea: to both']);

      const [leader, other] = tabs[0].openSockets() === 1 ? tabs : [tabs[1], tabs[0]];
      await other.message('to both').waitFor();
      await leader.page.close();
      const since = performance.now();
      await peer.say(conversationId, 'after the leader');
      await other.message('after the leader').waitFor();
      const healed = performance.now() - since;
      process.stdout.write(`the other tab had the next message ${Math.round(healed)} ms after the leader was closed\n`);
      await other.say('from the one left');
      await other.sent('from the one left');
      await eventually(() => peer.heard.includes('from the one left'));
      expect(other.openSockets()).toBe(1);
      expect(await other.texts(/(both|first|second|leader|left)$/)).toEqual(peer.heard);
      // What comes while it takes over is announced like what comes later: once.
      await eventually(async () => (await other.announced()).includes('bea: after the leader'));
      await peer.say(conversationId, 'to the new leader');
      await eventually(async () => (await other.announced()).includes('bea: to the new leader'));
      const afterwards = (await other.announced()).filter((text) => text !== 'bea: to both');
      expect(afterwards).toEqual(['bea: after the leader', 'bea: to the new leader']);
      await context.close();
    });

    test('a store that is cleared under running tabs is filled again, without a message missing', async () => {
      await using peer = await connectPeer(chat.url, 'cleo');
      const context = await browser.newContext();
      const [dan, second] = [await openChat(context, chat.url, 'dan'), await openChat(context, chat.url, 'dan')];
      const said: string[] = [];
      const unhandled: string[] = [];
      for (const { page } of [dan, second]) page.on('pageerror', (error) => unhandled.push(String(error)));
      for (const tab of [dan, second]) await openDirect(tab, 'dan', 'cleo');
      const hear = async (text: string): Promise<void> => {
        said.push(text);
        await peer.say('d:cleo,dan', text);
        for (const tab of [dan, second]) await tab.message(text).waitFor();
      };
      for (let count = 1; count <= 5; count += 1) await hear(`tide ${count}`);

      await clearStorage(context, dan.page, chat.url);
      await hear('tide 6');
      // Each tab says so, calmly, until somebody has seen it.
      for (const tab of [dan, second]) {
        const notice = tab.banner('kept of your messages was cleared');
        await notice.getByText('They come again from the server.').waitFor();
        await notice.getByRole('button', { name: 'Dismiss' }).click();
        await tab.calm();
        // The focus did not go with the button.
        expect(await tab.page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN');
      }
      // Another way to lose it: somebody's script.
      await second.page.evaluate(deleteDatabase, 'tidemark/dan');
      await dan.say('tide 7');
      said.push('tide 7');
      for (const tab of [dan, second]) await tab.sent('tide 7');
      await hear('tide 8');
      for (const tab of [dan, second]) {
        await eventually(async () => (await tab.texts(/^tide \d$/)).length === said.length);
        expect(await tab.texts(/^tide \d$/)).toEqual(said);
      }
      expect(peer.heard).toEqual(said);
      expect(unhandled).toEqual([]);
      // It is filled, not only shown.
      await context.setOffline(true);
      await dan.banner('offline').waitFor();
      expect(await databases(dan.page)).toContain('tidemark/dan');
      await context.close();
    });

    test('an application is told once that its store was cleared, and that all was fetched anew', async () => {
      await using peer = await connectPeer(chat.url, 'eve');
      // The page of the chat runs no inline script; this test is about another application.
      const context = await browser.newContext({ bypassCSP: true });
      const page = await context.newPage();
      await page.goto(`${chat.url}/?sign-in`);
      await page.addScriptTag({ content: await bundleForPage('test/browser/bare-client.ts') });
      const conversationId = 'd:eve,finn';
      await page.evaluate(startInPage, ['finn', conversationId] as const);
      await peer.say(conversationId, 'one');
      await eventually(async () => (await inPage(page)).texts.length === 1);
      await clearStorage(context, page, chat.url);
      await peer.say(conversationId, 'two');
      await eventually(async () => (await inPage(page)).texts.length === 2);
      await expect
        .poll(() => inPage(page))
        .toEqual({ texts: ['one', 'two'], told: ['reset new', 'store evicted', 'reset new'] });
      await context.close();
    });

    test('signing out leaves nothing of the user, in no tab, and everything of another', async () => {
      await using peer = await connectPeer(chat.url, 'gus');
      const context = await browser.newContext();
      const hal = [await openChat(context, chat.url, 'hal'), await openChat(context, chat.url, 'hal')] as const;
      const ida = await openChat(context, chat.url, 'ida');
      await openDirect(ida, 'ida', 'gus');
      for (const tab of hal) await openDirect(tab, 'hal', 'gus');
      await peer.say('d:gus,ida', 'for ida');
      await peer.say('d:gus,hal', 'for hal');
      await ida.message('for ida').waitFor();
      for (const tab of hal) await tab.message('for hal').waitFor();
      await hal[1].field().fill('a draft of hal');
      expect((await databases(ida.page)).sort()).toEqual(['tidemark/hal', 'tidemark/ida']);

      await hal[0].page.getByRole('button', { name: 'Sign out' }).click();
      await hal[0].page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
      await hal[0].page.getByText('Who are you?').waitFor();
      expect(await databases(ida.page)).toEqual(['tidemark/ida']);
      await hal[1].banner('Your sign-in has ended').waitFor();
      // It says what became of what was written, and has no place to write any more.
      await hal[1].page.getByText('drafts and what waited to be sent were removed').waitFor();
      await expect.poll(() => hal[1].page.getByRole('textbox').count()).toBe(0);
      await eventually(async () => (await hal[1].texts(/for hal/)).length === 0);
      expect(hal.map((tab) => tab.openSockets())).toEqual([0, 0]);
      // The tab that was told does not bring back what was removed.
      await peer.say('d:gus,ida', 'still for ida');
      await ida.message('still for ida').waitFor();
      expect(await databases(hal[1].page)).toEqual(['tidemark/ida']);
      expect(
        await hal[1].page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('/hal/'))),
      ).toEqual([]);
      await ida.page.reload();
      await ida.message('for ida').waitFor();
      await context.close();
    });

    test('with `erase` another user finds nothing of the one before, whose other tab is closed', async () => {
      await using peer = await connectPeer(chat.url, 'lou');
      const context = await browser.newContext({ bypassCSP: true });
      const script = await bundleForPage('test/browser/bare-client.ts');
      const open = async (...given: StartGiven): Promise<Page> => {
        const page = await context.newPage();
        await page.goto(`${chat.url}/?sign-in`);
        await page.addScriptTag({ content: script });
        await page.evaluate(startInPage, given);
        return page;
      };
      const mia = await open('mia', 'd:lou,mia');
      await peer.say('d:lou,mia', 'for mia');
      await eventually(async () => (await inPage(mia)).texts.length === 1);
      await context.setOffline(true);
      await mia.evaluate(keepInPage, 'never sent');
      await context.setOffline(false);
      expect(await databases(mia)).toEqual(['tidemark/mia']);

      const ned = await open('ned', 'd:lou,ned', 'erase');
      expect(await databases(ned)).toEqual(['tidemark/ned']);
      await expect.poll(async () => (await inPage(mia)).told).toContain('erased by another-tab');
      await peer.say('d:lou,mia', 'still for mia');
      await peer.say('d:lou,ned', 'for ned');
      await eventually(async () => (await inPage(ned)).texts.length === 1);
      // The tab that was told brings nothing back.
      expect(await databases(ned)).toEqual(['tidemark/ned']);
      await ned.close();
      const again = await open('ned', 'd:lou,ned', 'erase');
      await eventually(async () => (await inPage(again)).texts.length === 1);
      expect(await inPage(again)).toEqual({ texts: ['for ned'], told: [] });
      await context.close();
    });

    test('a page that comes back from the back/forward cache shows what came meanwhile, and goes on', async () => {
      await using peer = await connectPeer(chat.url, 'jo');
      const context = await browser.newContext();
      const kim = await openChat(context, chat.url, 'kim');
      await openDirect(kim, 'kim', 'jo');
      await peer.say('d:jo,kim', 'before');
      await kim.message('before').waitFor();
      await kim.page.evaluate(() => {
        addEventListener('pageshow', ({ persisted }) => {
          (globalThis as { cameBack?: boolean }).cameBack = persisted;
        });
      });
      await kim.page.goto(`${chat.url}/?sign-in`);
      await kim.page.getByText('Who are you?').waitFor();
      await peer.say('d:jo,kim', 'while away');
      await kim.page.goBack({ waitUntil: 'commit' });
      await kim.message('while away').waitFor();
      expect(await kim.page.evaluate(() => (globalThis as { cameBack?: boolean }).cameBack)).toBe(true);
      await kim.say('back again');
      await kim.sent('back again');
      expect(await kim.texts(/^(before|while away|back again)$/)).toEqual(['before', 'while away', 'back again']);
      await eventually(() => peer.heard.includes('back again'));
      expect(peer.heard).toEqual(['before', 'while away', 'back again']);
      await context.close();
    });

    test('the local store keeps the promises of the port in a real IndexedDB', async () => {
      const page = await browser.newPage({ bypassCSP: true });
      await page.goto(`${chat.url}/?sign-in`);
      const script = await bundleForPage(
        'packages/client/test/local-store-conformance.ts',
        'packages/client/src/indexeddb.ts',
      );
      await page.addScriptTag({ content: script });
      const outcomes = await page.evaluate(runStoreCases);
      expect(outcomes.length).toBeGreaterThan(10);
      expect(outcomes.filter(({ error }) => error !== null)).toEqual([]);
      await page.close();
    });
  },
);

async function announcements(tabs: readonly ChatPage[]): Promise<string[]> {
  return (await Promise.all(tabs.map((tab) => tab.announced()))).flat();
}

async function databases(page: Page): Promise<(string | undefined)[]> {
  return page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
}

/** As the browser does when the user clears the data of a site. */
async function clearStorage(context: BrowserContext, page: Page, origin: string): Promise<void> {
  const devtools = await context.newCDPSession(page);
  await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
  await devtools.detach();
}

// ── These run in the page ──────────────────────────────────────────────────────────────────────────────────────────

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}

type StartGiven = Readonly<Parameters<typeof startBareClient>>;

interface InPage {
  bundled: { startBareClient: typeof startBareClient };
  client: BareClient;
}

async function startInPage(given: StartGiven): Promise<void> {
  const global = globalThis as unknown as InPage;
  global.client = await global.bundled.startBareClient(...given);
}

function keepInPage(text: string): Promise<void> {
  return (globalThis as unknown as InPage).client.keep(text);
}

function inPage(page: Page): Promise<{ texts: string[]; told: readonly string[] }> {
  return page.evaluate(() => {
    const { client } = globalThis as unknown as InPage;
    return { texts: client.texts(), told: client.told };
  });
}

async function runStoreCases(): Promise<{ name: string; error: string | null }[]> {
  type Store = { close(): Promise<void> };
  type Place = { make(): Store } & AsyncDisposable;
  const { localStoreCases, indexedDbLocalStore } = (
    globalThis as unknown as {
      bundled: {
        localStoreCases: readonly { name: string; run(fresh: () => Place): Promise<void> }[];
        indexedDbLocalStore: (options: { name: string }) => Store;
      };
    }
  ).bundled;
  let places = 0;
  const fresh = (): Place => {
    places += 1;
    const name = `place-${places}`;
    const made: Store[] = [];
    return {
      make: () => {
        const store = indexedDbLocalStore({ name });
        made.push(store);
        return store;
      },
      [Symbol.asyncDispose]: async () => {
        for (const store of made) await store.close();
      },
    };
  };
  const outcomes: { name: string; error: string | null }[] = [];
  for (const { name, run } of localStoreCases) {
    const error = await run(fresh).then(
      () => null,
      (reason: unknown) => String(reason),
    );
    outcomes.push({ name, error });
  }
  return outcomes;
}
