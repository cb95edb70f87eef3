/**
 * Figures of the client in Chromium: sizes of bundles, a new device with many conversations, writing to IndexedDB, catching
 * up, scrolling. Prints JSON. Sizes are of the build: `npm run build` before.
 *
 *   npm run figures:browser
 */
import { execFile } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { findBrowser, startBrowser } from '../support/browser.ts';
import { startChatWeb } from '../support/chat-web.ts';
import { figuresData } from './figures-data.ts';
import type { measureApply } from './figures-page.ts';
import { bundleForPage } from './page-bundle.ts';

const CONVERSATIONS = 10_000;
const MISSED = 10_000;
const LONG = 100_000;
const SCROLL_MS = 60_000;
/** Whatever a busy machine needs; what takes longer fails. */
const PATIENCE_MS = 300_000;

const run = promisify(execFile);
const note = (text: string) => process.stderr.write(`${text} (load ${loadavg()[0]?.toFixed(1)})\n`);

const executable = await findBrowser();
if (executable === undefined) process.exit(1);
await using browser = await startBrowser(executable);
const load = loadavg().map((each) => Number(each.toFixed(1)));

note('sizes');
const sizes = await bundleSizes();
const devices = await firstList();
const apply = await applyRate();
const { catchUp, scroll } = await catchUpAndScroll();
const { stdout: commit } = await run('git', ['rev-parse', '--short', 'HEAD']);
process.stdout.write(
  `${JSON.stringify(
    {
      machine: {
        cpu: cpus()[0]?.model,
        cores: cpus().length,
        memoryGb: Math.round(totalmem() / 2 ** 30),
        node: process.version,
        chromium: browser.version(),
        loadBefore: load,
        loadAfter: loadavg().map((each) => Number(each.toFixed(1))),
      },
      commit: commit.trim(),
      sizes,
      newDevice: devices,
      apply,
      catchUp,
      scroll,
    },
    null,
    2,
  )}\n`,
);

async function bundleSizes() {
  const { stdout } = await run('npx', ['size-limit', '--json'], { timeout: PATIENCE_MS });
  const found = JSON.parse(stdout) as { name: string; size: number }[];
  return found.map(({ name, size }) => ({ name, gzipBytes: size }));
}

/** A device that has never seen this user: from the request for the page to the first line of the list, and to all of them. */
async function firstList() {
  note(`${CONVERSATIONS} conversations, written`);
  await using chat = await startChatWeb();
  await chat.kill9();
  await figuresData(chat.database, 'alice').conversations(CONVERSATIONS);
  await chat.restart();
  const timings: { firstLineMs: number; allMs: number }[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const context = await browser.newContext();
    const page = await patientPage(context.newPage());
    await page.addInitScript(noteFirst, 'nav[aria-label="Conversations"] button[data-id]');
    await page.goto(`${chat.url}/?user=alice`);
    await page.locator('nav[aria-label="Conversations"] button[data-id]').first().waitFor();
    const firstLineMs = await page.evaluate(() => (globalThis as { first?: number }).first ?? Number.NaN);
    const allMs = await page.evaluate(whenKept, ['tidemark/alice', CONVERSATIONS] as const);
    timings.push({ firstLineMs: Math.round(firstLineMs), allMs: Math.round(allMs) });
    await context.close();
  }
  return { conversations: CONVERSATIONS, turns: timings };
}

/** The local store alone. */
async function applyRate() {
  note('writing to IndexedDB');
  await using chat = await startChatWeb();
  const page = await patientPage(browser.newPage({ bypassCSP: true }));
  await page.goto(`${chat.url}/?sign-in`);
  await page.addScriptTag({ content: await bundleForPage('test/browser/figures-page.ts') });
  const rates: Record<string, number[]> = { inOneConversation: [], inTwenty: [] };
  for (let turn = 0; turn < 3; turn += 1) {
    rates['inOneConversation']?.push(await page.evaluate(applyInPage, [20_000, 500, 1] as const));
    rates['inTwenty']?.push(await page.evaluate(applyInPage, [20_000, 500, 20] as const));
  }
  await page.close();
  return { messages: 20_000, perTransaction: 500, messagesPerSecond: rates };
}

/** A page that was live, has its conversation open, and missed much; afterwards all of it is read upwards. */
async function catchUpAndScroll() {
  note('catching up');
  await using chat = await startChatWeb();
  await chat.kill9();
  const data = figuresData(chat.database, 'alice');
  const before = await data.messages(100);
  await chat.restart();
  const context = await browser.newContext({ viewport: { width: 1_280, height: 800 } });
  const page = await patientPage(context.newPage());
  await page.goto(`${chat.url}/?user=alice#${encodeURIComponent(data.groupId)}`);
  // It opens at the first unread message. Who is at the end is taken along.
  await page.getByText('New messages').waitFor();
  await page.getByRole('button', { name: /^To the newest message/ }).click();
  await page.waitForFunction(isAtEndOf, before);

  const miss = async (count: number) => {
    await context.setOffline(true);
    await page.getByText('offline').first().waitFor();
    await chat.kill9();
    const last = await data.messages(count);
    await chat.restart();
    await page.evaluate(noteWhenShown, last);
    await context.setOffline(false);
    await page.waitForFunction(() => (globalThis as { shownMs?: number }).shownMs !== undefined);
    const ms = await page.evaluate(() => (globalThis as { shownMs?: number }).shownMs ?? Number.NaN);
    return { messages: count, reconnectToRenderedMs: Math.round(ms) };
  };
  const catchUp = [await miss(MISSED), await miss(LONG - MISSED - 100)];

  note(`scrolling through ${LONG} messages for at most ${SCROLL_MS / 1_000} s`);
  await page.getByRole('region', { name: 'Messages' }).hover();
  await page.evaluate(watchFrames);
  const since = performance.now();
  let top = await page.evaluate(uppermostNumber);
  const begun = top;
  while (performance.now() - since < SCROLL_MS && top > 2) {
    for (let turn = 0; turn < 10; turn += 1) await page.mouse.wheel(0, -1_200);
    top = await page.evaluate(uppermostNumber);
    if (Number.isNaN(top)) throw new Error('no message is drawn');
  }
  const seconds = (performance.now() - since) / 1_000;
  const frames = await page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames);
  const slow = frames.filter((ms) => ms > 50);
  const sorted = [...frames].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  const scroll = {
    messagesInStore: LONG,
    messagesPassed: begun - top,
    seconds: Number(seconds.toFixed(1)),
    frames: frames.length,
    over50ms: slow.length,
    shareOver50ms: Number((slow.length / frames.length).toFixed(4)),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: Math.round(sorted.at(-1) ?? 0),
  };
  await context.close();
  return { catchUp, scroll };
}

async function patientPage(opening: Promise<Page>): Promise<Page> {
  const page = await opening;
  page.setDefaultTimeout(PATIENCE_MS);
  // The functions below come with calls of it when tsx has compiled them.
  await page.addInitScript('globalThis.__name = (named) => named;');
  return page;
}

// ── These run in the page ──────────────────────────────────────────────────────────────────────────────────────────

/** When something that matches is first in the document, in ms since the navigation began. */
function noteFirst(selector: string): void {
  const observer = new MutationObserver(() => {
    if (!document.querySelector(selector)) return;
    requestAnimationFrame(() => {
      (globalThis as { first?: number }).first = performance.now();
    });
    observer.disconnect();
  });
  observer.observe(document, { subtree: true, childList: true });
}

/** When so many conversations are in the local store, in ms since the navigation began. */
async function whenKept([name, count]: readonly [string, number]): Promise<number> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  for (;;) {
    const kept = await new Promise<number>((resolve, reject) => {
      const request = database.transaction('conversations').objectStore('conversations').count();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    if (kept >= count) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function applyInPage(given: Readonly<Parameters<typeof measureApply>>): Promise<number> {
  const { bundled } = globalThis as unknown as { bundled: { measureApply: typeof measureApply } };
  return bundled.measureApply(...given);
}

/** From the moment the network is back until the text is drawn. */
function noteWhenShown(text: string): void {
  const global = globalThis as { shownMs?: number };
  delete global.shownMs;
  addEventListener(
    'online',
    () => {
      const since = performance.now();
      const look = (): void => {
        const rows = document.querySelectorAll('section[aria-label="Messages"] [data-key]');
        if (rows.item(rows.length - 1)?.textContent?.includes(text)) global.shownMs = performance.now() - since;
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    },
    { once: true },
  );
}

function isAtEndOf(text: string): boolean {
  const list = document.querySelector('section[aria-label="Messages"]') as HTMLElement;
  const rows = list.querySelectorAll('[data-key]');
  const isLast = rows.item(rows.length - 1)?.textContent?.includes(text) === true;
  return isLast && list.scrollHeight - list.scrollTop - list.clientHeight < 2;
}

/** Collects how long each frame took. */
function watchFrames(): void {
  const frames: number[] = [];
  (globalThis as unknown as { frames: number[] }).frames = frames;
  let before = performance.now();
  const step = (now: number): void => {
    frames.push(now - before);
    before = now;
    requestAnimationFrame(step);
  };
  requestAnimationFrame((now) => {
    before = now;
    requestAnimationFrame(step);
  });
}

/** The number that the uppermost message drawn begins with; names of senders begin with none. */
function uppermostNumber(): number {
  for (const { textContent } of document.querySelectorAll('section[aria-label="Messages"] [data-key] p[dir]')) {
    const number = Number.parseInt(textContent ?? '', 10);
    if (!Number.isNaN(number)) return number;
  }
  return Number.NaN;
}
