import { startTcpProxy } from '@tidemark/testkit/verify';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, startBrowser } from '../support/browser.ts';
import { type ChatWeb, startChatWeb } from '../support/chat-web.ts';
import { type ChatPage, eventually, openChat, openDirect } from './chat-page.ts';
import { connectCaller, connectPeer } from './chat-peer.ts';
import { startHttpOnlyProxy } from './http-only-proxy.ts';

const executable = await findBrowser();

describe.skipIf(executable === undefined)(
  'what was sent arrives once, whatever befalls the browser or the server',
  () => {
    let chat: ChatWeb;
    let browser: Browser;

    beforeAll(async () => {
      [chat, browser] = await Promise.all([startChatWeb(), startBrowser(executable as string)]);
    });
    afterAll(async () => {
      await browser?.close();
      await chat?.[Symbol.asyncDispose]();
    });

    /** Its socket passes the proxy; the page itself comes past it, so that a network that stands still can be reloaded in. */
    async function contextBehind(port: number): Promise<{ context: BrowserContext; url: string }> {
      // A page that is answered here has no address, and Chromium asks before such a one may reach this machine.
      const context = await browser.newContext({ permissions: ['local-network-access'] });
      const url = `http://localhost:${port}`;
      await context.route(`${url}/**`, async (route) => {
        const own = route.request().url().replace(url, chat.url);
        // Calls may last as streams do.
        if (new URL(own).pathname.startsWith('/trpc/')) return route.continue({ url: own });
        // Answered here, not sent elsewhere: the page's files may not come from another origin than its own.
        const response = await route.fetch({ url: own });
        await route.fulfill({ response });
      });
      return { context, url };
    }

    test('a page reloaded in mid-send keeps its draft and what it sent, and delivers each message once', async () => {
      await using path = await startTcpProxy({ port: portOf(chat) });
      await using peer = await connectPeer(chat.url, 'rita');
      const { context, url } = await contextBehind(path.port);
      const sam = await openChat(context, url, 'sam');
      await openDirect(sam, 'sam', 'rita');
      await sam.say('before');
      await sam.sent('before');

      // The message is stored, and the sender does not get to know.
      const heal = path.impair({ kind: 'stall', direction: 'down' });
      await sam.say('without an answer');
      await eventually(() => peer.heard.includes('without an answer'));
      await sam.message('without an answer').getByText('Sending').waitFor({ state: 'attached' });
      // And these do not even reach the server.
      const healUp = path.impair({ kind: 'stall', direction: 'up' });
      await sam.say('never left');
      await sam.say('nor did this');
      await sam.field().fill('half a sent');
      await sam.page.reload();
      await sam.message('nor did this').waitFor();
      expect(await sam.texts(/^(before|without|never|nor)/)).toEqual([
        'before',
        'without an answer',
        'never left',
        'nor did this',
      ]);
      expect(await sam.field().inputValue()).toBe('half a sent');
      heal();
      healUp();

      for (const text of ['without an answer', 'never left', 'nor did this']) await sam.sent(text);
      await sam.say('last');
      await sam.sent('last');
      await eventually(() => peer.heard.includes('last'));
      const all = ['before', 'without an answer', 'never left', 'nor did this', 'last'];
      expect(peer.heard).toEqual(all);
      expect(await sam.texts(/^(before|without|never|nor|last)/)).toEqual(all);
      await context.close();
    });

    test('after 1,000 messages without a network a page catches up, says how many are missing, and lacks none', async () => {
      await using path = await startTcpProxy({ port: portOf(chat) });
      // Six, since one user may not send 1,000 messages at once.
      const senders = ['nils', 'omar', 'pia', 'quin', 'rosa', 'sten'];
      const callers = await Promise.all(senders.map((name) => connectCaller(chat.url, name)));
      const { context, url } = await contextBehind(path.port);
      const mia = await openChat(context, url, 'mia');
      const send = async (index: number, text: string) => {
        const caller = callers[index % callers.length] as (typeof callers)[number];
        const clientMessageId = `${caller.id}-${index}`;
        return caller.trpc.chat.send.mutate({ conversationId, clientMessageId, type: 'text', content: { text } });
      };
      const { conversationId } = await (
        callers[0] as (typeof callers)[number]
      ).trpc.chat.conversations.createGroup.mutate({
        title: 'Lighthouse',
        memberIds: ['mia', ...senders],
      });
      await mia.open('Lighthouse');
      await send(0, 'before the storm');
      await mia.message('before the storm').waitFor();

      await context.setOffline(true);
      await mia.banner('offline').waitFor();
      const bySeq = new Map<number, string>();
      await Promise.all(
        Array.from({ length: 1_000 }, async (_, index) => {
          const text = `wave ${index + 1}`;
          const { conversationSeq } = await send(index + 1, text);
          bySeq.set(conversationSeq, text);
        }),
      );
      expect(bySeq.size).toBe(1_000);
      expect(await mia.texts(/^wave/)).toEqual([]);

      // A slow network, on which one can watch it come.
      const heal = path.impair({ kind: 'throttle', bytesPerSecond: 100_000, which: 'all' });
      await context.setOffline(false);
      await mia.banner(/^Catching up … [\d,]+ messages$/).waitFor();
      heal();
      await mia.calm();
      const missing = (await mia.banners()).flatMap((text) => /^Catching up … ([\d,]+) message/.exec(text)?.[1] ?? []);
      const counts = missing.map((text) => Number(text.replace(',', '')));
      // What she reads on the way is an entry, too, and is counted when the server has it.
      const [first = 0, last = 0] = [counts[0], counts.at(-1)];
      expect(first).toBeGreaterThan(last);
      expect(Math.max(...counts)).toBeLessThanOrEqual(1_050);

      const sorted = [...bySeq].sort(([a], [b]) => a - b).map(([, text]) => text);
      // Who looks at the newest message goes on looking at the newest one.
      await mia.message(sorted.at(-1) as string).waitFor();
      expect(await allTexts(mia, /^wave \d+$/, 'before the storm')).toEqual(sorted);
      await Promise.all(callers.map((caller) => caller[Symbol.asyncDispose]()));
      await context.close();
    });

    test('a server killed with -9 in a burst and started again has lost nothing, and brings nothing twice', async () => {
      await using peer = await connectPeer(chat.url, 'tom');
      const context = await browser.newContext();
      const uma = await openChat(context, chat.url, 'uma');
      await openDirect(uma, 'uma', 'tom');
      const conversationId = 'd:tom,uma';
      const texts = (name: string, count: number) =>
        Array.from({ length: count }, (_, index) => `${name} ${index + 1}`);

      const replies = texts('reply', 6).map((text) => peer.say(conversationId, text));
      for (const text of texts('burst', 6)) await uma.say(text);
      await chat.kill9();
      await uma.banner('No connection').waitFor();
      for (const text of texts('meanwhile', 3)) await uma.say(text);
      await uma.message('meanwhile 3').getByText('Sending').waitFor({ state: 'attached' });
      replies.push(peer.say(conversationId, 'reply 7'));
      await chat.restart();
      await uma.sent('meanwhile 3');
      await Promise.all(replies);
      await uma.calm();

      const own = [...texts('burst', 6), ...texts('meanwhile', 3)];
      await uma.message('reply 7').waitFor();
      await eventually(() => peer.heard.filter((text) => !text.startsWith('reply')).length === own.length);
      expect(peer.heard.filter((text) => text.startsWith('reply'))).toEqual(texts('reply', 7));
      expect(peer.heard.filter((text) => !text.startsWith('reply'))).toEqual(own);
      // Both see the same order, and so does a page that begins anew.
      expect(await allTexts(uma, /^(burst|meanwhile|reply) \d+$/)).toEqual(peer.heard);
      await uma.page.reload();
      await uma.message(peer.heard.at(-1) as string).waitFor();
      expect(await allTexts(uma, /^(burst|meanwhile|reply) \d+$/)).toEqual(peer.heard);
      await context.close();
    });

    test('two users where WebSocket is blocked chat live over HTTP, and nothing on screen tells of it', async () => {
      await using proxy = await startHttpOnlyProxy(portOf(chat));
      const [olga, paul] = [
        await openChat(await browser.newContext(), proxy.url, 'olga'),
        await openChat(await browser.newContext(), proxy.url, 'paul'),
      ];
      await openDirect(olga, 'olga', 'paul');
      await openDirect(paul, 'olga', 'paul');
      const said = await takeTurns({ olga, paul });
      for (const page of [olga, paul]) {
        await page.calm();
        expect(await page.texts(/^(olga|paul) \d$/)).toEqual(said);
        expect(page.openSockets()).toBe(0);
      }
      await eventually(async () => (await paul.announced()).includes('olga: olga 3'));
      expect(proxy.refused).toBeGreaterThan(2);
      // The token stands in a header, never in an address that others log.
      const calls = proxy.urls.filter((url) => url.startsWith('/trpc/'));
      expect(calls.some((url) => url.startsWith('/trpc/chat.inbox.feed'))).toBe(true);
      expect(calls.filter((url) => /token|bearer/i.test(url))).toEqual([]);
      for (const { page } of [olga, paul]) await page.context().close();
    });

    test('devices whose clocks are an hour wrong, one ahead and one behind, chat in one order on one day', async () => {
      // Their time zone has noon now, so that an hour more or less is the same day.
      const fromNoon = 12 - new Date().getUTCHours();
      const timezoneId = `Etc/GMT${fromNoon > 0 ? '-' : '+'}${Math.abs(fromNoon)}`;
      const [vera, will] = await Promise.all(
        [
          { user: 'vera', hours: 1 },
          { user: 'will', hours: -1 },
        ].map(async ({ user, hours }) => {
          const context = await browser.newContext({ timezoneId });
          await context.addInitScript(moveClock, hours * 3_600_000);
          return openChat(context, chat.url, user);
        }),
      );
      if (!vera || !will) throw new Error('two pages were opened');
      await openDirect(vera, 'vera', 'will');
      await openDirect(will, 'will', 'vera');
      const said = await takeTurns({ ahead: vera, behind: will });
      for (const { page, texts, message, calm } of [vera, will]) {
        expect(await texts(/^(ahead|behind) \d$/)).toEqual(said);
        // Its token is taken again, and what was stored is in order again.
        await page.reload();
        await message('behind 3').waitFor();
        await calm();
        expect(await texts(/^(ahead|behind) \d$/)).toEqual(said);
        expect(await page.getByRole('heading', { level: 3 }).allInnerTexts()).toEqual(['Today']);
        await page.context().close();
      }
    });
  },
);

/** Two pages, by what they call themselves, talk three times each; returns what was said, in order. */
async function takeTurns(pages: Readonly<Record<string, ChatPage>>): Promise<string[]> {
  const said: string[] = [];
  for (let turn = 1; turn <= 3; turn += 1) {
    for (const [name, from] of Object.entries(pages)) {
      const text = `${name} ${turn}`;
      said.push(text);
      await from.say(text);
      await from.sent(text);
      for (const to of Object.values(pages)) await to.message(text).waitFor();
    }
  }
  return said;
}

function portOf({ url }: ChatWeb): number {
  return Number(new URL(url).port);
}

/** Runs in the page, before its own code. */
function moveClock(ms: number): void {
  const { Date: TrueDate } = globalThis;
  globalThis.Date = class extends TrueDate {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [TrueDate.now() + ms] : given) as [number]));
    }
    static override now(): number {
      return TrueDate.now() + ms;
    }
  } as DateConstructor;
}

/**
 * Reads the conversation from its end up to its beginning, or to the message `first`, as somebody who scrolls: texts that
 * match, oldest first. What is read twice on the way counts once; a text that stands there twice at one time does not.
 */
async function allTexts(chat: ChatPage, pattern: RegExp, first?: string): Promise<string[]> {
  let known: string[] = [];
  const region = chat.page.getByRole('region', { name: 'Messages' });
  await region.hover();
  await eventually(async () => {
    // Asked first: what comes between the two questions is then read after all.
    const isThrough =
      first === undefined
        ? (await region.evaluate((element) => element.scrollTop)) === 0
        : (await chat.message(first).count()) > 0;
    const shown = await chat.texts(pattern);
    const joint = shown.findIndex((text) => text === known[0]);
    if (known.length === 0) known = shown;
    else if (joint >= 0) known = [...shown.slice(0, joint), ...known];
    if (!isThrough) await chat.page.mouse.wheel(0, -350);
    return isThrough;
  });
  return known;
}
