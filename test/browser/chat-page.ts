import type { BrowserContext, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';

/**
 * What a person does on the page of one user, and sees there. Everything waits for what it is about, as long as the page's
 * default timeout.
 */
export interface ChatPage {
  readonly page: Page;
  /** The texts of everything that was said to those who listen to the page, so far. */
  announced(): Promise<string[]>;
  /** The texts that the connection banner has had, in order. */
  banners(): Promise<string[]>;
  /** WebSockets that this page holds open now. */
  openSockets(): number;
  /** Opens the conversation of that name in the list. */
  open(name: string): Promise<void>;
  /** Types it and presses Enter. */
  say(text: string): Promise<void>;
  field(): Locator;
  /** The message of that text, in the list of messages. */
  message(text: string): Locator;
  /** Waits until it stands there with `Sent`. */
  sent(text: string): Promise<void>;
  /** Texts on screen that match, in order, each as often as it stands there. */
  texts(pattern: RegExp): Promise<string[]>;
  /** Waits until no banner is shown. */
  calm(): Promise<void>;
  banner(text: RegExp | string): Locator;
}

/** Notes what banner and announcer say, from before the page's own code runs. */
const WATCH = `
  globalThis.__seen = { banners: [], announced: [] };
  const note = (list, text) => { if (text && list.at(-1) !== text) list.push(text); };
  new MutationObserver(() => {
    note(__seen.announced, document.querySelector('[role=log]')?.textContent);
    for (const each of document.querySelectorAll('[role=status]')) note(__seen.banners, each.querySelector('p')?.textContent);
  }).observe(document, { subtree: true, childList: true, characterData: true });
`;

/**
 * Opens the page of a user, signing in with that name when nobody has, and waits for its list of conversations.
 *
 * @param conversationId named by the page's address, as a link to it does
 */
export async function openChat(
  context: BrowserContext,
  url: string,
  user: string,
  conversationId = '',
): Promise<ChatPage> {
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.addInitScript(WATCH);
  const sockets = new Set<{ isClosed(): boolean }>();
  page.on('websocket', (socket) => sockets.add(socket));
  await page.goto(`${url}/?user=${user}#${encodeURIComponent(conversationId)}`);
  const list = page.getByRole('navigation', { name: 'Conversations' });
  await list.waitFor();
  const rows = page.getByRole('region', { name: 'Messages' }).getByRole('listitem');
  const noted = (what: 'banners' | 'announced') =>
    page.evaluate((name) => (globalThis as unknown as { __seen: Record<string, string[]> }).__seen[name] ?? [], what);

  const chat: ChatPage = {
    page,
    announced: () => noted('announced'),
    banners: () => noted('banners'),
    openSockets: () => [...sockets].filter((socket) => !socket.isClosed()).length,
    open: async (name) => {
      await list.getByRole('button', { name: new RegExp(`^${name}`) }).click();
      await chat.field().waitFor();
    },
    field: () => page.getByRole('textbox', { name: /^Message to/ }),
    say: async (text) => {
      await chat.field().fill(text);
      await chat.field().press('Enter');
    },
    message: (text) => rows.filter({ has: page.getByText(text, { exact: true }) }),
    sent: (text) => chat.message(text).getByText('Sent', { exact: true }).waitFor({ state: 'attached' }),
    texts: async (pattern) =>
      (await rows.allInnerTexts()).flatMap((text) => text.split('\n')).filter((line) => pattern.test(line)),
    banner: (text) => page.getByRole('status').filter({ hasText: text }),
    calm: () => expect.poll(() => page.getByRole('status').locator('p').count()).toBe(0),
  };
  return chat;
}

/** The conversation `user` has with `peer` alone, whether or not anything was said there. */
export async function openDirect(chat: ChatPage, user: string, peer: string): Promise<void> {
  const id = `d:${[user, peer].sort().join(',')}`;
  await chat.page.evaluate((hash) => {
    location.hash = hash;
  }, encodeURIComponent(id));
  await chat.field().waitFor();
}

/** A function that answers whether it is so, asked until it is; as patient as a busy machine needs. */
export function eventually(condition: () => Promise<boolean> | boolean): Promise<void> {
  return expect.poll(condition, { interval: 50 }).toBe(true);
}
