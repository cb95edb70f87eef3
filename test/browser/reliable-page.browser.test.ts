import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, startBrowser } from '../support/browser.ts';
import { type ChatWeb, startChatWeb } from '../support/chat-web.ts';
import { type ChatPage, eventually, openChat, openDirect } from './chat-page.ts';
import { connectCaller, connectPeer } from './chat-peer.ts';

const executable = await findBrowser();
const DEAD_END = 'This link leads to no conversation of yours.';

describe.skipIf(executable === undefined)('what the page of the chat says and does can be relied on', () => {
  let chat: ChatWeb;
  let browser: Browser;

  beforeAll(async () => {
    [chat, browser] = await Promise.all([startChatWeb(), startBrowser(executable as string)]);
  });
  afterAll(async () => {
    await browser?.close();
    await chat?.[Symbol.asyncDispose]();
  });

  test('an address that leads to nothing says so, and offers no place to write', async () => {
    const context = await browser.newContext();
    const alice = await openChat(context, chat.url, 'alice');
    const unhandled = errorsOf(alice.page);
    const unknown = 'g:01ARZ3NDEKTSV4RRFFQ69G5FAV';
    for (const hash of [
      '%',
      '%E0%A4%A',
      'nonsense',
      'u:bob',
      'd:bob,carol',
      'd:alice,alice',
      'd:alice,nobody',
      unknown,
    ]) {
      await goTo(alice.page, hash);
      await alice.page.getByText(DEAD_END).waitFor();
      await expect.poll(() => alice.field().count(), { message: hash }).toBe(0);
      await goTo(alice.page, '');
      await alice.page.getByText(DEAD_END).waitFor({ state: 'detached' });
    }
    // As the first address of a new window, too.
    await alice.page.goto(`${chat.url}/?sign-in`);
    await alice.page.goto(`${chat.url}/?user=alice#%`);
    await alice.page.getByText(DEAD_END).waitFor();
    await goTo(alice.page, encodeURIComponent('u:alice'));
    await alice.page.getByRole('textbox', { name: 'Message to Notes to myself' }).waitFor();
    expect(unhandled).toEqual([]);
    await context.close();
  });

  test('who leaves a group stays in front of what was said, and a conversation opened meanwhile stays open', async () => {
    await using host = await connectPeer(chat.url, 'host');
    const context = await browser.newContext();
    const anna = await openChat(context, chat.url, 'anna');
    for (const title of ['Kites', 'Candles']) {
      const { conversationId } = await host.chat.createGroup({ title, memberIds: ['anna'] });
      await host.say(conversationId, `about ${title}`);
    }
    await anna.open('Kites');
    await anna.message('about Kites').waitFor();
    await anna.page.getByRole('button', { name: 'Members' }).click();
    await anna.page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
    await anna.page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
    await anna.page.getByText('You are no longer in this group.').waitFor();
    await anna.message('about Kites').waitFor();
    await expect.poll(() => anna.page.getByRole('dialog').count()).toBe(0);
    await anna.open('Candles');
    await anna.message('about Candles').waitFor();
    await context.close();
  });

  test('who is removed from a group reads what was said, and is offered neither its members nor a place to write', async () => {
    await using host = await connectPeer(chat.url, 'host');
    const context = await browser.newContext();
    const anna = await openChat(context, chat.url, 'anna');
    const { conversationId } = await host.chat.createGroup({ title: 'Lanterns', memberIds: ['anna'] });
    await host.say(conversationId, 'while you are here');
    await anna.open('Lanterns');
    await anna.message('while you are here').waitFor();
    await anna.page.getByRole('button', { name: 'Members' }).click();
    await anna.page.getByRole('dialog').getByText('made the group').waitFor();

    await host.chat.conversation(conversationId).removeMembers(['anna']);
    await anna.page.getByText('You are no longer in this group.').waitFor();
    for (const isNew of [false, true]) {
      if (isNew) await anna.page.reload();
      await anna.page.getByText('You are no longer in this group.').waitFor();
      await anna.message('while you are here').waitFor();
      await expect.poll(() => anna.field().count()).toBe(0);
      await expect.poll(() => anna.page.getByRole('button', { name: 'Members' }).count()).toBe(0);
      await expect.poll(() => anna.page.getByRole('dialog').count()).toBe(0);
    }
    await context.close();
  });

  test('drafts of two tabs are kept side by side, the same draft is the same in both, and both show who is in a group', async () => {
    await using host = await connectPeer(chat.url, 'harbour');
    const context = await browser.newContext();
    const tabs = [await openChat(context, chat.url, 'tess'), await openChat(context, chat.url, 'tess')] as const;
    const { conversationId } = await host.chat.createGroup({ title: 'Lighthouse', memberIds: ['tess'] });
    await openDirect(tabs[0], 'tess', 'bob');
    await tabs[0].field().fill('to bob');
    await openDirect(tabs[1], 'tess', 'carol');
    await tabs[1].field().fill('to carol');
    await openDirect(tabs[0], 'tess', 'carol');
    await eventually(async () => (await tabs[0].field().inputValue()) === 'to carol');
    await tabs[0].field().fill('to carol, and on');
    await eventually(async () => (await tabs[1].field().inputValue()) === 'to carol, and on');
    await tabs[1].field().press('Enter');
    await eventually(async () => (await tabs[0].field().inputValue()) === '');
    for (const tab of tabs) {
      await tab.page.reload();
      await openDirect(tab, 'tess', 'bob');
      expect(await tab.field().inputValue()).toBe('to bob');
      await goTo(tab.page, encodeURIComponent(conversationId));
      await tab.page.getByRole('button', { name: 'Members' }).click();
      await tab.page.getByRole('dialog', { name: '2 members' }).getByText('made the group').waitFor();
    }
    await context.close();
  });

  test('what cannot be seen is not sent, and a tower of marks stays inside its message', async () => {
    const context = await browser.newContext();
    const olaf = await openChat(context, chat.url, 'olaf');
    await openDirect(olaf, 'olaf', 'bob');
    for (const blank of ['\u200b', '\u2800\u2800', '\u3164', ' \ufe0f\u00ad']) {
      await olaf.field().fill(blank);
      expect(await olaf.page.getByRole('button', { name: 'Send', exact: true }).isDisabled()).toBe(true);
      await olaf.field().press('Enter');
    }
    const tower = `Z${'\u0301\u0316'.repeat(200)}`;
    await olaf.say(tower);
    await olaf.sent(tower);
    const rows = olaf.page.getByRole('region', { name: 'Messages' }).getByRole('listitem');
    await expect.poll(() => rows.count()).toBe(1);
    const bubble = olaf.page.locator('[data-status]');
    expect(await bubble.evaluate((element) => getComputedStyle(element).overflow)).toBe('clip');
    expect((await bubble.boundingBox())?.height).toBeLessThan(60);
    await context.close();
  });

  test('the quantity of an order can be cleared and typed, its fields look like fields at every width, and what is none is not sent', async () => {
    const context = await browser.newContext();
    const petra = await openChat(context, chat.url, 'petra');
    await openDirect(petra, 'petra', 'bob');
    const { page } = petra;
    await page.getByRole('button', { name: 'Send an order' }).click();
    const dialog = page.getByRole('dialog');
    for (const width of [340, 390, 620, 900, 1_280]) {
      await page.setViewportSize({ width, height: 720 });
      for (const field of [dialog.getByLabel('Item'), dialog.getByLabel('Quantity')]) {
        const box = await field.boundingBox();
        const room = await field.evaluate((element) => element.parentElement?.clientWidth ?? 0);
        expect(Math.round(box?.width ?? 0), `${width}`).toBe(room);
        expect(box?.height, `${width}`).toBeGreaterThanOrEqual(36);
        expect(await field.evaluate((element) => getComputedStyle(element).borderTopWidth)).toBe('1px');
      }
    }
    const quantity = dialog.getByLabel('Quantity');
    const send = dialog.getByRole('button', { name: 'Send' });
    for (const wrong of ['', '0', '1.5', '1000', '-2']) {
      await quantity.fill(wrong);
      await dialog.getByText('A whole number from 1 to 999').waitFor();
      await send.click();
      await expect.poll(() => dialog.count()).toBe(1);
    }
    await quantity.press('Control+a');
    await quantity.press('Delete');
    await quantity.pressSequentially('25');
    expect(await quantity.inputValue()).toBe('25');
    await dialog.getByText(/Total .*2,225/).waitFor();
    await send.click();
    await page.getByText('25 × Brass pendant lamp, small').last().waitFor();
    await context.close();
  });

  test('magnified four times, no button lies on a message, and nothing is wider than the window', async () => {
    await using peer = await connectPeer(chat.url, 'quentin');
    const context = await browser.newContext({ viewport: { width: 320, height: 200 } });
    const ruth = await openChat(context, chat.url, 'ruth');
    for (let line = 1; line <= 12; line += 1) await peer.say('d:quentin,ruth', `line ${line}, and some more words`);
    await openDirect(ruth, 'ruth', 'quentin');
    await ruth.message('line 1, and some more words').waitFor();
    await ruth.page.getByRole('region', { name: 'Messages' }).hover();
    await eventually(async () => {
      await ruth.page.mouse.wheel(0, -60);
      return (await ruth.page.getByRole('button', { name: /^To the newest message/ }).count()) > 0;
    });
    const button = await ruth.page.getByRole('button', { name: /^To the newest message/ }).boundingBox();
    const bubbles = await Promise.all(
      (await ruth.page.locator('[data-status]').all()).map((each) => each.boundingBox()),
    );
    expect(bubbles.length).toBeGreaterThan(2);
    for (const bubble of bubbles) expect((bubble?.x ?? 0) + (bubble?.width ?? 0)).toBeLessThanOrEqual(button?.x ?? 0);
    // Room for two lines at least, below a banner, too.
    const room = () => ruth.page.getByRole('region', { name: 'Messages' }).evaluate((list) => list.clientHeight);
    expect(await room()).toBeGreaterThan(80);
    await context.setOffline(true);
    await ruth.banner('This device is offline. What you send goes out when the network is back.').waitFor();
    expect(await room()).toBeGreaterThan(80);
    expect(await ruth.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await context.close();
  });

  test('a name that is none is refused with the rule, one like another’s is a person of its own, and signing out ends the token', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${chat.url}/?sign-in`);
    const name = page.getByRole('textbox', { name: 'Somebody else' });
    for (const wrong of ['a'.repeat(128), '<b>bob</b>', '\u2800']) {
      await name.fill(wrong);
      expect(await name.inputValue()).toBe(wrong);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').filter({ hasText: '1 to 60 characters' }).waitFor();
    }
    await name.fill('BÓB');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Conversations of BÓB' }).waitFor();
    const { token } = await page.evaluate(() =>
      JSON.parse(localStorage.getItem('tidemark-chat/bob-2/account') ?? '{}'),
    );
    const people = () => fetch(`${chat.url}/trpc/people`, { headers: { authorization: `Bearer ${token}` } });
    expect((await people()).status).toBe(200);

    // Without the server nothing is ended, and that is said.
    await context.route('**/sign-out', (route) => route.abort());
    await page.getByRole('button', { name: 'Sign out' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Sign out' }).click();
    await dialog.getByText('The server does not answer').waitFor();
    await dialog.getByRole('button', { name: 'Stay' }).click();
    await context.unroute('**/sign-out');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await dialog.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('Who are you?').waitFor();
    expect((await people()).status).toBe(401);
    await context.close();
  });

  test('fifty-six members stand in the order of their numbers, and one of them is found by typing', async () => {
    const guests = Array.from({ length: 54 }, (_, index) => `Guest ${index + 1}`);
    const ids = await Promise.all(guests.map(async (guest) => (await signInBare(chat.url, guest)).id));
    const context = await browser.newContext();
    const uli = await openChat(context, chat.url, 'uli');
    await using host = await connectCaller(chat.url, 'sven');
    await host.trpc.chat.conversations.createGroup.mutate({ title: 'Crowd', memberIds: ['uli', ...ids] });
    await uli.open('Crowd');
    await uli.page.getByRole('button', { name: 'Members' }).click();
    const dialog = uli.page.getByRole('dialog', { name: '56 members' });
    const members = dialog.getByRole('list', { name: 'Members of Crowd' }).getByRole('listitem');
    await eventually(async () => (await members.count()) === 56);
    const names = (await members.locator('[dir=auto]').allInnerTexts()).filter((text) => text.startsWith('Guest'));
    expect(names).toEqual(guests);
    await dialog.getByRole('searchbox', { name: 'Filter people' }).fill('guest 5');
    await eventually(async () => (await members.count()) === 6);
    await context.close();
  });

  test('what is chosen from can be read in the dark, in its list, too', async () => {
    // The system is light, and the page was set to dark.
    const context = await browser.newContext({ colorScheme: 'light' });
    await context.addInitScript(() => localStorage.setItem('tidemark-chat/theme', 'dark'));
    const page = await context.newPage();
    await page.goto(chat.url);
    const select = page.getByRole('combobox').first();
    await select.waitFor();
    for (const element of [select, select.locator('option').first()]) {
      expect(await element.evaluate(contrast)).toBeGreaterThanOrEqual(4.5);
    }
    await context.close();
  });

  test('a browser that keeps nothing still shows and sends, until the page closes', async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => {
      Object.defineProperty(globalThis, 'localStorage', {
        get: () => {
          throw new DOMException('forbidden', 'SecurityError');
        },
      });
    });
    const vic = await openChat(context, chat.url, 'vic');
    const unhandled = errorsOf(vic.page);
    await openDirect(vic, 'vic', 'bob');
    await vic.say('from memory');
    await vic.sent('from memory');
    await vic.page.getByRole('button', { name: /^Colours/ }).click();
    await eventually(() => vic.page.evaluate(() => document.documentElement.dataset.theme === 'light'));
    expect(unhandled).toEqual([]);
    await context.close();
  });
});

async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((next) => {
    location.hash = next;
  }, hash);
}

function errorsOf(page: ChatPage['page']): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  return errors;
}

async function signInBare(url: string, name: string): Promise<{ id: string }> {
  const answer = await fetch(`${url}/sign-in`, { method: 'POST', body: JSON.stringify({ name }) });
  return (await answer.json()) as { id: string };
}

/** Runs in the page: the contrast of an element's text to its own ground, which has to be opaque. */
function contrast(element: Element): number {
  const { color, backgroundColor } = getComputedStyle(element);
  const luminance = (css: string): number => {
    const [red = 0, green = 0, blue = 0, alpha = 1] = (css.match(/[\d.]+/g) ?? []).map(Number);
    if (alpha < 1) throw new Error(`${css} is not opaque`);
    const [r, g, b] = [red, green, blue].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [bright, dark] = [luminance(color), luminance(backgroundColor)].sort((a, b) => b - a) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}
