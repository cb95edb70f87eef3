import type { BrowserContext, Page } from 'playwright-core';
import type { ChatWeb } from '../support/chat-web.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { connectCaller, connectPeer } from './chat-peer.ts';

/** One state of the page, and how a person gets there. */
export interface ChatWebState {
  readonly name: string;
  /** Without conversations to begin with. */
  readonly isEmpty?: boolean;
  /** On a wide screen only: what it shows is the same on a narrow one. */
  readonly isWideOnly?: boolean;
  enter(page: Page, chat: ChatWeb, context: BrowserContext): Promise<unknown>;
}

/** The main states, in an order in which none disturbs those after it. Each begins in a fresh window of alice. */
export const CHAT_WEB_STATES: readonly ChatWebState[] = [
  {
    name: 'sign-in',
    enter: (page, chat) => page.goto(`${chat.url}/?sign-in`),
  },
  {
    name: 'list',
    enter: async (page, chat) => {
      await signedIn(page, chat, 'alice');
      await line(page, 'Harbour kitchen').waitFor();
    },
  },
  {
    name: 'group-far-unread',
    enter: async (page, chat) => {
      await opened(page, chat, 'Harbour kitchen', page.viewportSize()?.width === 1280 ? 'alice' : 'bob');
      await page.waitForTimeout(1_500);
    },
  },
  {
    name: 'direct',
    enter: async (page, chat) => {
      await opened(page, chat, 'Bob Lindqvist');
      await page.getByText('hold the ladder').last().waitFor();
    },
  },
  {
    name: 'group-unread',
    enter: async (page, chat) => {
      await hears(page, chat, 'esra', 'Harbour kitchen', 14);
      await opened(page, chat, 'Harbour kitchen');
      await page.getByText('New messages').last().waitFor();
    },
  },
  {
    name: 'group-history',
    enter: async (page, chat) => {
      await opened(page, chat, 'Harbour kitchen');
      await page.getByRole('region', { name: 'Messages' }).getByRole('listitem').first().waitFor();
      await page.getByRole('region', { name: 'Messages' }).hover();
      for (let turn = 0; turn < 6; turn += 1) {
        await page.mouse.wheel(0, -1_500);
        await page.waitForTimeout(150);
      }
    },
  },
  {
    name: 'long-name-and-order',
    enter: async (page, chat) => {
      await opened(page, chat, 'Moving the studio');
      await page.getByText('Order A-1038').waitFor();
    },
  },
  {
    name: 'rtl',
    enter: async (page, chat) => {
      await opened(page, chat, 'Dina Haddad');
      await page.getByText('2041').waitFor();
    },
  },
  {
    name: 'long-words',
    enter: async (page, chat) => {
      await opened(page, chat, 'Carol Okafor');
      await page.getByRole('link', { name: /tide-tables/ }).waitFor();
      await page.getByRole('textbox', { name: /Message to/ }).fill('A draft\nof three lines\nthat waits to be sent');
    },
  },
  {
    name: 'files',
    enter: async (page, chat) => {
      await opened(page, chat, 'Bob Lindqvist');
      const png = await page.evaluate(() => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 320 });
        const context = canvas.getContext('2d') as CanvasRenderingContext2D;
        const sky = context.createLinearGradient(0, 0, 0, 320);
        for (const [at, colour] of ['#f3c98b', '#e0876a', '#2d5d7b', '#16324a'].entries())
          sky.addColorStop(at / 3, colour);
        context.fillStyle = sky;
        context.fillRect(0, 0, 480, 320);
        return canvas.toDataURL('image/png').split(',')[1] ?? '';
      });
      const chooser = page.getByLabel('Files to send');
      await page.getByText('hold the ladder').last().waitFor();
      const isHere = (await page.getByText('dritte Mahnung').count()) > 0;
      if (!isHere) {
        await chooser.setInputFiles([
          { name: 'the-harbour-at-six.png', mimeType: 'image/png', buffer: Buffer.from(png, 'base64') },
          {
            name: 'Rechnung für die Leiter, dritte Mahnung.pdf',
            mimeType: 'application/pdf',
            buffer: Buffer.alloc(48_200),
          },
        ]);
      }
      await page.getByRole('img', { name: 'the-harbour-at-six.png' }).last().waitFor();
      await chooser.setInputFiles({ name: 'nothing.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) });
      await page.getByText('nothing.txt is empty.').waitFor();
    },
  },
  {
    name: 'new-conversation',
    enter: async (page, chat) => {
      await signedIn(page, chat, 'alice');
      await page.getByRole('button', { name: 'New conversation' }).first().click();
      for (const name of ['Bob Lindqvist', 'Esra Yılmaz']) await page.getByRole('checkbox', { name }).check();
    },
  },
  {
    name: 'members',
    enter: async (page, chat) => {
      await opened(page, chat, 'Harbour kitchen');
      await page.getByRole('button', { name: 'Members' }).click();
      await page.getByText('made the group').waitFor();
    },
  },
  {
    name: 'order-dialog',
    isWideOnly: true,
    enter: async (page, chat) => {
      await opened(page, chat, 'Bob Lindqvist');
      await page.getByRole('button', { name: 'Send an order' }).click();
    },
  },
  {
    name: 'sign-out-dialog',
    isWideOnly: true,
    enter: async (page, chat) => {
      await signedIn(page, chat, 'alice');
      await page.getByRole('button', { name: 'Sign out' }).click();
    },
  },
  {
    name: 'empty',
    isEmpty: true,
    enter: async (page, chat) => {
      await signedIn(page, chat, 'alice');
      await page.getByText('No conversations yet.').waitFor();
    },
  },
  {
    name: 'nothing-said',
    isEmpty: true,
    enter: async (page, chat) => {
      await page.goto(`${chat.url}/?user=alice#${encodeURIComponent('d:alice,esra')}`);
      await page.getByText('Nothing has been said here yet.').waitFor();
    },
  },
  {
    name: 'dead-end',
    isEmpty: true,
    enter: async (page, chat) => {
      await page.goto(`${chat.url}/?user=alice#%`);
      await page.getByText('This link leads to no conversation of yours.').waitFor();
    },
  },
  {
    name: 'tower-of-marks',
    isEmpty: true,
    enter: async (page, chat) => {
      await page.goto(`${chat.url}/?user=alice#${encodeURIComponent('d:alice,farid')}`);
      const field = page.getByRole('textbox', { name: /Message to/ });
      for (const text of ['Above it.', `Z${'\u0301\u0316'.repeat(200)}`, 'Below it.']) {
        await field.fill(text);
        await field.press('Enter');
      }
      await page.getByText('Sending').first().waitFor({ state: 'detached' });
    },
  },
  {
    name: 'left-group',
    enter: async (page, chat) => {
      // One of its own: who has left a group is not in it the next time.
      await using host = await connectPeer(chat.url, 'farid');
      const { conversationId } = await host.chat.createGroup({ title: 'Lanterns', memberIds: ['dina'] });
      await host.say(conversationId, 'Paper or glass?');
      await opened(page, chat, 'Lanterns', 'dina');
      await page.getByRole('button', { name: 'Members' }).click();
      await page.getByRole('button', { name: 'Leave' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
      await page.getByText('You are no longer in this group.').waitFor();
    },
  },
  {
    name: 'settings-dialog',
    enter: async (page, chat) => {
      await opened(page, chat, 'Bob Lindqvist');
      await page.getByRole('button', { name: 'Settings of this conversation' }).click();
      await page.getByRole('checkbox', { name: 'Keep on top of the list' }).check();
      await page.getByRole('combobox', { name: 'Muted' }).selectOption('Until I change it');
    },
  },
  {
    name: 'set-conversations',
    enter: async (page, chat) => {
      await opened(page, chat, 'Carol Okafor');
      await page.getByRole('button', { name: 'Settings of this conversation' }).click();
      await page.getByRole('button', { name: 'Mark as unread' }).click();
      await page.getByText('Marked as unread').waitFor();
    },
  },
  {
    name: 'editing',
    enter: async (page, chat) => {
      await opened(page, chat, 'Bob Lindqvist');
      const field = page.getByRole('textbox', { name: /Message to/ });
      await field.fill('Low tide is at half past nine.');
      await field.press('Enter');
      await page.getByText('Low tide is at half past nine.').last().hover();
      await page.getByRole('button', { name: 'Edit' }).last().click();
      await field.fill('Low tide is at half past ten.');
      await field.press('Enter');
      await page.getByText('edited').last().waitFor();
      await page.getByRole('button', { name: 'Edit' }).last().click();
      await page.getByText('Editing a message').waitFor();
    },
  },
  {
    name: 'reactions',
    enter: async (page, chat) => {
      await studioReacts(chat);
      await opened(page, chat, 'Moving the studio');
      await page.getByRole('button', { name: /^👍 4/ }).waitFor();
      // A pointer that comes before the list stands still would scroll it.
      await page.waitForTimeout(500);
      await page.getByRole('button', { name: /^👍 4/ }).hover();
    },
  },
  {
    name: 'reaction-picker',
    enter: async (page, chat) => {
      await studioReacts(chat);
      await opened(page, chat, 'Moving the studio');
      await page.getByRole('button', { name: /^👍 4/ }).waitFor();
      await page.waitForTimeout(500);
      await page.getByRole('button', { name: 'React', exact: true }).last().press('Enter');
      await page.getByRole('menuitemcheckbox', { name: 'Laughing' }).focus();
    },
  },
  {
    name: 'offline-pending',
    enter: async (page, chat, context) => {
      await opened(page, chat, 'Bob Lindqvist');
      await page.getByText('hold the ladder').last().waitFor();
      await context.setOffline(true);
      await page.getByText('offline').first().waitFor();
      const field = page.getByRole('textbox', { name: /Message to/ });
      await field.fill('Three is better. I can hold the ladder.');
      await field.press('Enter');
      await page.getByText('Sending').last().waitFor({ state: 'attached' });
    },
  },
  {
    name: 'store-cleared',
    enter: async (page, chat, context) => {
      await opened(page, chat, 'Bob Lindqvist');
      await page.getByText('hold the ladder').last().waitFor();
      const devtools = await context.newCDPSession(page);
      await devtools.send('Storage.clearDataForOrigin', { origin: chat.url, storageTypes: 'indexeddb' });
      // It is noticed when something is read or written.
      const field = page.getByRole('textbox', { name: /Message to/ });
      await field.fill('I can hold the ladder.');
      await field.press('Enter');
      await page.getByText('kept of your messages was cleared').waitFor();
      await page.getByText('Perfect, thank you!').waitFor();
    },
  },
  {
    name: 'failed',
    enter: async (page, chat) => {
      await opened(page, chat, 'Carol Okafor');
      // The server takes 8,000 characters, and the field no more, unless its limit is taken away.
      const field = page.getByRole('textbox', { name: /Message to/ });
      await field.evaluate((element) => element.removeAttribute('maxlength'));
      await field.fill('More than anybody reads. '.repeat(321));
      await page.getByRole('button', { name: 'Send', exact: true }).click();
      await page.getByRole('button', { name: 'Discard' }).waitFor();
    },
  },
  {
    name: 'signed-out',
    enter: async (page, chat) => {
      await page.addInitScript(() => {
        const account = { id: 'alice', name: 'Alice Moreau', token: 'of.another.server' };
        localStorage.setItem('tidemark-chat/alice/account', JSON.stringify(account));
      });
      await page.goto(`${chat.url}/?user=alice`);
      await page.getByText('Your sign-in has ended').waitFor();
    },
  },
  {
    name: 'side-by-side',
    enter: async (page, chat) => {
      await page.goto(`${chat.url}/`);
      const [left, right] = [page.frameLocator('iframe >> nth=0'), page.frameLocator('iframe >> nth=1')];
      await left.getByRole('button', { name: /Bob Lindqvist/ }).click();
      await right.getByRole('button', { name: /Alice Moreau/ }).click({ force: true });
      await left.getByText('hold the ladder').last().waitFor();
    },
  },
  {
    name: 'waiting',
    enter: async (page, chat) => {
      await opened(page, chat, 'Book club');
      await chat.kill9();
      await page.getByText('No connection').waitFor();
    },
  },
];

/** The members of a group react to what was said there. Done again, it changes nothing. */
async function studioReacts(chat: ChatWeb): Promise<void> {
  const reactions = {
    alice: { 'That should do.': ['👍'] },
    bob: { 'That should do.': ['👍'], 'The button is outside.': ['😂', '👍'] },
    dina: { 'That should do.': ['👍', '🎉'], 'The button is outside.': ['😂'] },
    farid: { 'That should do.': ['👍'], 'The button is outside.': ['😂', '❤️', 'ship-it'] },
  };
  for (const [user, said] of Object.entries(reactions)) {
    await using peer = await connectCaller(chat.url, user);
    const { conversations, react } = peer.trpc.chat;
    const list = await conversations.list.query();
    const conversationId = list.conversations.find(({ title }) => title?.startsWith('Moving'))?.conversationId ?? '';
    const { events } = await conversations.history.query({ conversationId, limit: 100 });
    for (const [text, keys] of Object.entries(said)) {
      const seq = events.find((event) => JSON.stringify(event).includes(text))?.conversationSeq ?? 0;
      for (const key of keys) await react.mutate({ conversationId, target: { seq }, key });
    }
  }
}

async function signedIn(page: Page, chat: ChatWeb, user: string): Promise<void> {
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${chat.url}/?user=${user}`);
  await page.getByRole('navigation', { name: 'Conversations' }).waitFor();
}

/** Somebody else, in a window of their own, writes some lines that nobody has read. */
async function hears(page: Page, chat: ChatWeb, user: string, title: string, lines: number): Promise<void> {
  const context = await page.context().browser()?.newContext();
  const other = await context?.newPage();
  if (!other) throw new Error('the page has no browser');
  await signedIn(other, chat, user);
  await line(other, title).click();
  const field = other.getByRole('textbox', { name: /Message to/ });
  for (let each = 1; each <= lines; each += 1) {
    await field.fill(`In the fridge: box ${each} of ${lines}`);
    await field.press('Enter');
  }
  await other.getByText(`box ${lines} of ${lines}`).last().waitFor();
  await other.getByText('Sending').first().waitFor({ state: 'detached' });
  await context?.close();
}

async function opened(page: Page, chat: ChatWeb, title: string, user = 'alice'): Promise<void> {
  await signedIn(page, chat, user);
  await line(page, title).click();
}

function line(page: Page, title: string) {
  return page.getByRole('navigation', { name: 'Conversations' }).getByRole('button', { name: new RegExp(title) });
}
