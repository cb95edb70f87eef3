import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { findBrowser, startBrowser } from '../support/browser.ts';
import { startChatWeb } from '../support/chat-web.ts';

const executable = await findBrowser();
/** More than any of its screens has to focus. */
const MAX_TABS = 60;

describe.skipIf(executable === undefined)('the chat by keyboard alone', () => {
  test('signing in, writing, dialogs and signing out are reached by Tab, and what has the focus can be seen', async () => {
    await using chat = await startChatWeb();
    await using browser = await startBrowser(executable as string);
    const page = await (await browser.newContext()).newPage();
    const button = (name: string | RegExp) => page.getByRole('button', { name });
    const dialog = page.getByRole('dialog');
    const field = page.getByRole('textbox', { name: /^Message to/ });

    await page.goto(`${chat.url}/?sign-in`);
    await tabTo(page, button('Alice Moreau'));
    await page.keyboard.press('Enter');
    await page.getByText('No conversations yet.').waitFor();

    await tabTo(page, button('New conversation').first());
    await page.keyboard.press('Enter');
    await tabTo(page, dialog.getByRole('checkbox', { name: 'Bob Lindqvist' }));
    await page.keyboard.press('Space');
    await tabTo(page, button(/^Start$/));
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await focused(field);
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Messages' }).getByText('Sent').first().waitFor({ state: 'attached' });
    await focused(field);

    await tabTo(page, button('Send an order'));
    await page.keyboard.press('Enter');
    await tabTo(page, dialog.getByLabel('Quantity'));
    await page.keyboard.press('Escape');
    await focused(button('Send an order'));

    await page.reload();
    await field.waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await tabTo(page, button('Skip to the message field'));
    await page.keyboard.press('Enter');
    await focused(field);
    await tabTo(page, page.getByRole('navigation', { name: 'Conversations' }).getByRole('button'));

    await tabTo(page, button('Sign out'));
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await focused(button('Sign out'));
    await page.keyboard.press('Enter');
    await tabTo(page, dialog.getByRole('button', { name: 'Sign out' }));
    await page.keyboard.press('Enter');
    await page.getByText('Who are you?').waitFor();
  });
});

/** Presses Tab until it has the focus; everything on the way can be seen to have it. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor({ state: 'attached' });
  const passed: string[] = [];
  for (let step = 0; step < MAX_TABS; step += 1) {
    await page.keyboard.press('Tab');
    const { name, isVisible } = await page.evaluate(() => {
      const element = document.activeElement ?? document.body;
      const { width, height } = element.getBoundingClientRect();
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const hasOutline = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
      const isPage = element === document.body;
      return {
        name: element.getAttribute('aria-label') ?? element.textContent?.slice(0, 40) ?? '',
        isVisible: isPage || (hasOutline && width > 1 && height > 1),
      };
    });
    passed.push(name);
    expect(isVisible, `the focus on “${name}” can be seen`).toBe(true);
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`not reached by Tab, which stops at: ${passed.join(' · ')}`);
}

function focused(target: Locator): Promise<void> {
  return expect.poll(() => target.evaluate((element) => element === document.activeElement)).toBe(true);
}
