import type { Browser, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, startBrowser } from '../support/browser.ts';
import { type ChatWeb, startChatWeb } from '../support/chat-web.ts';
import { eventually, openChat } from './chat-page.ts';
import { connectPeer } from './chat-peer.ts';
import { type UnreadTalk, writeMore, writeUnreadTalks } from './unread-talks.ts';

const executable = await findBrowser();
/** Around the pages of 50, and those that a jump brings. */
const COUNTS = [15, 40, 65, 79, 80, 93, 150];
const RESIZED = [15, 79];
const [WIDE, SMALL] = [
  { width: 1280, height: 800 },
  { width: 720, height: 620 },
];
/** More than a window of messages. */
const FLOOD = 1_200;
/** Answers come so late that a page of older messages arrives when the list has stood still. */
const LATE_MS = 80;
/** Browsers round to a pixel, and a list does. */
const ROUNDED_PX = 2;

describe.skipIf(executable === undefined)('where the list of messages stands', () => {
  let chat: ChatWeb;
  let browser: Browser;
  let talks: UnreadTalk[];

  beforeAll(async () => {
    [chat, browser] = await Promise.all([startChatWeb(), startBrowser(executable as string)]);
    talks = await writeUnreadTalks(chat, 'nora', COUNTS);
  });
  afterAll(async () => {
    await browser?.close();
    await chat?.[Symbol.asyncDispose]();
  });

  /** Less motion is asked for, since that must not change when a height takes effect. `hold` keeps answers back until told. */
  async function openNora() {
    const context = await browser.newContext({ viewport: WIDE, reducedMotion: 'reduce' });
    let free = Promise.resolve();
    await context.routeWebSocket(/\/trpc/, (page) => {
      page.connectToServer().onMessage((message) => {
        setTimeout(() => void free.then(() => page.send(message)), LATE_MS);
      });
    });
    const hold = (): (() => void) => {
      let release = (): void => undefined;
      free = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    };
    return { context, nora: await openChat(context, chat.url, 'nora'), hold };
  }

  test('it opens at the first unread message, however many there are, and stays there when older ones come and when it is resized', async () => {
    const { context, nora } = await openNora();
    const found: Record<string, Seen> = {};
    for (const { title } of talks) {
      await nora.open(title);
      await nora.page.getByRole('heading', { name: title }).waitFor();
      await nora.page.evaluate(watchText, 'New messages');
      found[title] = await nora.page.evaluate(standStill, true);
      if (!RESIZED.some((count) => title.startsWith(`${count} `))) continue;
      await nora.page.setViewportSize(SMALL);
      found[`${title}, smaller`] = await nora.page.evaluate(standStill, true);
      await nora.page.setViewportSize(WIDE);
      found[`${title}, wide again`] = await nora.page.evaluate(standStill, true);
    }
    expect(Object.keys(found)).toHaveLength(COUNTS.length + 2 * RESIZED.length);
    // At the same height in all of them, with room for what is new, and not away since it was first seen.
    const above = found[talks[0]?.title ?? '']?.top ?? Number.NaN;
    expect(above).toBeGreaterThan(0);
    expect(above).toBeLessThan(SMALL.height / 4);
    const isInPlace = ({ top, away }: Seen) => top !== null && Math.abs(top - above) <= ROUNDED_PX && away === 0;
    expect(Object.entries(found).filter(([, seen]) => !isInPlace(seen))).toEqual([]);
    await context.close();
  });

  test.each([
    ['its messages are here before what is known of it', (path: string) => !path.endsWith('conversations.history')],
    ['what is known of it is here before its messages', (path: string) => path.endsWith('conversations.history')],
  ])('a link opens it at the first unread message on a new device, where %s', async (_, isLate) => {
    const found: Record<string, Seen> = {};
    for (const { conversationId, title } of [talks[1], talks[3], talks[6]] as UnreadTalk[]) {
      const context = await browser.newContext({ viewport: WIDE, reducedMotion: 'reduce' });
      await context.routeWebSocket(/\/trpc/, (page) => delayAnswers(page, isLate));
      const { page } = await openChat(context, chat.url, 'nora', conversationId);
      await page.getByRole('region', { name: 'Messages' }).getByRole('listitem').first().waitFor();
      await page.evaluate(watchText, 'New messages');
      await page.getByText('New messages', { exact: true }).waitFor();
      found[title] = await page.evaluate(standStill, true);
      await context.close();
    }
    expect(Object.keys(found)).toHaveLength(3);
    // What the device had before its first snapshot is fetched anew, so the line may go and come back.
    const isInPlace = ({ top }: Seen) => top !== null && top > 0 && top < SMALL.height / 4;
    expect(Object.entries(found).filter(([, seen]) => !isInPlace(seen))).toEqual([]);
  });

  test('it follows the newest message from the end, and elsewhere keeps what is read in its place', async () => {
    const { context, nora, hold } = await openNora();
    await using bob = await connectPeer(chat.url, 'bob');
    const { conversationId, title } = talks[1] as UnreadTalk;
    await nora.open(title);
    await nora.page.evaluate(watchText, 'New messages');
    await nora.page.evaluate(standStill, true);
    await nora.page.getByRole('button', { name: /^To the newest message/ }).click();
    const list = nora.page.getByRole('region', { name: 'Messages' });
    for (const text of ['one line', 'two lines, '.repeat(30), 'and another']) {
      await bob.say(conversationId, text.trim());
      await nora.message(text.trim()).waitFor();
      await eventually(() => list.evaluate(isAtEnd));
    }
    await nora.page.evaluate(standStill, true);

    // A person scrolls. Then a page comes in above, a message below, and the window changes its size.
    const release = hold();
    await list.hover();
    for (let turn = 0; turn < 40 && (await list.getAttribute('aria-busy')) === 'false'; turn += 1) {
      await nora.page.mouse.wheel(0, -500);
      await nora.page.evaluate(standStill, false);
    }
    await nora.page.evaluate(watchText, null);
    const before = await nora.page.evaluate(standStill, false);
    expect(before.isBusy).toBe(true);
    release();
    await list.and(nora.page.locator('[aria-busy=false]')).waitFor();
    await bob.say(conversationId, 'below');
    await nora.page.getByRole('button', { name: 'To the newest message, 1 unread' }).waitFor();
    const after = await nora.page.evaluate(standStill, true);
    expect(after.long - before.long).toBeGreaterThan(500);
    expect(after.travelled).toBeLessThanOrEqual(ROUNDED_PX);
    await nora.page.setViewportSize(SMALL);
    const smaller = await nora.page.evaluate(standStill, true);
    expect(smaller.away).toBe(0);
    await context.close();
  });

  test('what is read keeps its place when more comes at once than is kept in memory', async () => {
    const { context, nora } = await openNora();
    const talk = talks[0] as UnreadTalk;
    await nora.open(talk.title);
    await nora.page.evaluate(watchText, 'New messages');
    await nora.page.evaluate(standStill, true);
    // Away from the first unread message, where a list begins, and from the end.
    await nora.page.getByRole('region', { name: 'Messages' }).hover();
    await nora.page.mouse.wheel(0, -900);
    await nora.page.evaluate(standStill, true);
    await nora.page.evaluate(watchText, null);
    const before = await nora.page.evaluate(standStill, false);
    await writeMore(chat, talk, FLOOD);
    await nora.page.getByRole('button', { name: 'To the newest message, 999+ unread' }).waitFor();
    const after = await nora.page.evaluate(standStill, true);
    expect(before.top).not.toBeNull();
    expect(Math.abs((after.top ?? Number.NaN) - (before.top ?? 0))).toBeLessThanOrEqual(ROUNDED_PX);
    await context.close();
  });
});

/** Answers to calls of these procedures, and what their subscriptions bring, come after those to all others. */
function delayAnswers(page: WebSocketRoute, isLate: (path: string) => boolean): void {
  const server = page.connectToServer();
  const late = new Set<unknown>();
  // PING and PONG are no JSON.
  const parse = (text: string | Buffer) => (/^[[{]/.test(String(text)) ? [JSON.parse(String(text))].flat() : []);
  page.onMessage((text) => {
    for (const { id, params } of parse(text)) if (params && isLate(params.path)) late.add(id);
    server.send(text);
  });
  server.onMessage((text) => {
    const isOne = parse(text).some(({ id }) => late.has(id));
    setTimeout(() => page.send(text), isOne ? 10 * LATE_MS : 0);
  });
}

// ── These run in the page ──────────────────────────────────────────────────────────────────────────────────────────

interface Seen {
  /** Where the text stands below the upper edge of the list, in px; `null`: nowhere. */
  readonly top: number | null;
  /** Of the list, and of what is in it. */
  readonly height: number;
  readonly long: number;
  readonly isBusy: boolean;
  /** Since it was first on screen: frames in which it was not, and how far it moved, in px. */
  readonly away: number;
  readonly travelled: number;
}

interface InPage {
  watch?: { seen: Seen; still: number };
}

/** Looks in every frame where the text stands. `null`: that of a message in the middle of the screen. */
function watchText(given: string | null): void {
  const list = document.querySelector('[aria-label=Messages]') as HTMLElement;
  const elements = () => [...list.querySelectorAll('li p, li div, li span')].filter((each) => each.textContent !== '');
  const box = list.getBoundingClientRect();
  const middle = elements().find((each) => {
    const { top } = each.getBoundingClientRect();
    return each.childElementCount === 0 && /^\d+\. /.test(each.textContent ?? '') && top > box.top + box.height / 3;
  });
  const text = given ?? middle?.textContent;
  let [lowest, highest] = [Infinity, -Infinity];
  let last = '';
  const watch = { still: 0, seen: { top: null, height: 0, long: 0, isBusy: false, away: 0, travelled: 0 } as Seen };
  (globalThis as InPage).watch = watch;

  const frame = (): void => {
    if ((globalThis as InPage).watch !== watch) return;
    const { top: edge, height } = list.getBoundingClientRect();
    const found = elements().find((each) => each.childElementCount === 0 && each.textContent === text);
    const top = found ? found.getBoundingClientRect().top - edge : null;
    const isOnScreen = top !== null && top >= 0 && top <= height - 16;
    if (isOnScreen) [lowest, highest] = [Math.min(lowest, top), Math.max(highest, top)];
    const wasSeen = highest >= lowest;
    const isBusy = list.ariaBusy === 'true';
    const away = watch.seen.away + (wasSeen && !isOnScreen ? 1 : 0);
    const travelled = wasSeen ? highest - lowest : 0;
    watch.seen = { top, height, long: list.scrollHeight, isBusy, away, travelled };
    const now = JSON.stringify([top, height, list.scrollTop, list.scrollHeight, isBusy]);
    watch.still = now === last ? watch.still + 1 : 0;
    last = now;
    requestAnimationFrame(frame);
  };
  frame();
}

/** Waits until nothing has moved for some frames, more than the list itself needs to believe it, and no page is on its way. */
async function standStill(isWithPages: boolean): Promise<Seen> {
  const { watch } = globalThis as InPage;
  if (!watch) throw new Error('nothing is watched');
  watch.still = 0;
  while (watch.still < 8 || (isWithPages && watch.seen.isBusy)) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return watch.seen;
}

function isAtEnd(list: HTMLElement | SVGElement): boolean {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 2;
}
