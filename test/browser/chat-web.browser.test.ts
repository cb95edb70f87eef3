import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { findBrowser, startBrowser } from '../support/browser.ts';
import { startChatWeb } from '../support/chat-web.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const executable = await findBrowser();

describe.skipIf(executable === undefined)('the chat in a browser', () => {
  test('two users chat: text and an order, each seen by the other once', async () => {
    await using chat = await startChatWeb();
    await using browser = await startBrowser(executable as string);
    const alice = await windowOf('alice');
    const bob = await windowOf('bob');

    await openDirect(alice, 'Bob Lindqvist');
    await say(alice, 'The tide is out.');
    await bob.getByRole('button', { name: /Alice Moreau/ }).click();
    await bob.getByText('The tide is out.').last().waitFor();
    await say(bob, 'It comes back.\nIt always does.');
    await alice.getByText('It comes back.').last().waitFor();

    await alice.getByRole('button', { name: 'Send an order' }).click();
    await alice.getByLabel('Quantity').fill('3');
    await alice.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
    await bob.getByText('3 × Brass pendant lamp, small').last().waitFor();

    for (const page of [alice, bob]) {
      const items = page.getByRole('region', { name: 'Messages' }).getByRole('listitem');
      await items.getByText('3 × Brass pendant lamp, small').waitFor();
      const texts = await items.allInnerTexts();
      expect(texts).toHaveLength(3);
      expect(texts[1]).toContain('It comes back.\nIt always does.');
    }

    async function windowOf(user: string): Promise<Page> {
      const context = await browser.newContext();
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      await page.goto(`${chat.url}/?user=${user}`);
      await page.getByText('No conversations yet.').waitFor();
      return page;
    }
  });
});

async function openDirect(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'New conversation' }).first().click();
  await page.getByRole('checkbox', { name }).check();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
}

async function say(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: /Message to/ });
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    await field.pressSequentially(line);
    if (index < lines.length - 1) await field.press('Shift+Enter');
  }
  await field.press('Enter');
}
