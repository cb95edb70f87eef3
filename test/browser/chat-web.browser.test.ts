import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { findBrowser, startBrowser } from '../support/browser.ts';
import { startChatWeb } from '../support/chat-web.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const executable = await findBrowser();

describe.skipIf(executable === undefined)('the chat in a browser', () => {
  test('who wrote a message corrects it, by mouse and by keyboard, and the other sees what it says now', async () => {
    await using chat = await startChatWeb();
    await using browser = await startBrowser(executable as string);
    const [alice, bob] = [await windowOf(browser, chat.url, 'alice'), await windowOf(browser, chat.url, 'bob')];
    await openDirect(alice, 'Bob Lindqvist');
    await say(alice, 'The tied is out.');
    await bob.getByRole('button', { name: /Alice Moreau/ }).click();
    const rows = (page: Page) => page.getByRole('region', { name: 'Messages' }).getByRole('listitem');
    await rows(bob).getByText('The tied is out.').waitFor();
    const field = alice.getByRole('textbox', { name: /Message to/ });

    await field.fill('a draft');
    await rows(alice).getByText('The tied is out.').hover();
    await rows(alice).getByRole('button', { name: 'Edit' }).click();
    await alice.getByText('Editing a message').waitFor();
    await field.fill('The tide is out.');
    await field.press('Enter');
    expect(await field.inputValue()).toBe('a draft');
    await rows(bob).getByText('The tide is out.').waitFor();
    await rows(bob).getByText('edited').waitFor();
    await bob.getByRole('button', { name: /The tide is out/ }).waitFor();

    await field.fill('');
    await field.press('ArrowUp');
    await field.press('End');
    await field.pressSequentially('!');
    await field.press('Escape');
    expect(await field.inputValue()).toBe('');
    await field.press('ArrowUp');
    await field.press('End');
    await field.pressSequentially(' Now.');
    await alice.getByRole('button', { name: 'Save' }).click();
    for (const page of [alice, bob]) {
      await rows(page).getByText('The tide is out. Now.').waitFor();
      expect(await rows(page).count()).toBe(1);
    }
    expect(await rows(bob).getByRole('button', { name: 'Edit' }).count()).toBe(0);
  });

  test('pictures and files are chosen, pasted and dropped, shown at once, and there for the other; what cannot be sent is said', async () => {
    await using chat = await startChatWeb();
    await using browser = await startBrowser(executable as string);
    const [alice, bob] = [await windowOf(browser, chat.url, 'alice'), await windowOf(browser, chat.url, 'bob')];
    await openDirect(alice, 'Bob Lindqvist');
    const rows = (page: Page) => page.getByRole('region', { name: 'Messages' }).getByRole('listitem');
    const picture = (page: Page, name: string) => rows(page).getByRole('img', { name });
    const isDrawn = (page: Page, name: string) =>
      picture(page, name).evaluate((image) => (image as HTMLImageElement).decode().then(() => image.clientWidth > 40));

    await alice
      .getByLabel('Files to send')
      .setInputFiles({ name: 'tide.png', mimeType: 'image/png', buffer: await drawn(alice) });
    await picture(alice, 'tide.png').waitFor();
    await bob.getByRole('button', { name: /Alice Moreau/ }).click();
    await picture(bob, 'tide.png').waitFor();
    for (const page of [alice, bob]) expect(await isDrawn(page, 'tide.png')).toBe(true);
    await bob.getByRole('button', { name: /Photo/ }).waitFor();

    await give(alice, 'paste', [{ name: 'list.txt', type: 'text/plain', text: 'one\ntwo' }]);
    await rows(bob).getByText('list.txt').waitFor();
    const [download] = await Promise.all([
      bob.waitForEvent('download'),
      bob.getByRole('button', { name: 'Save list.txt' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('list.txt');
    expect((await readFile(await download.path())).toString()).toBe('one\ntwo');

    await give(alice, 'drop', [
      { name: 'a.txt', type: 'text/plain', text: 'a' },
      { name: 'empty.txt', type: 'text/plain', text: '' },
    ]);
    await rows(bob).getByText('a.txt').waitFor();
    await alice.getByText('empty.txt is empty.').waitFor();
    await alice.getByRole('button', { name: 'Dismiss' }).click();

    // Without a server it is shown, waits, over a reload too, and is sent when there is one.
    await chat.kill9();
    await give(alice, 'drop', [{ name: 'later.txt', type: 'text/plain', text: 'later' }]);
    await rows(alice).getByText('later.txt').waitFor();
    await chat.restart();
    await rows(bob).getByText('later.txt').waitFor();
    await alice.reload();
    for (const name of ['tide.png']) expect(await isDrawn(alice, name)).toBe(true);
    expect(await rows(alice).count()).toBe(4);
  });

  test('a conversation is kept on top, muted, named, marked unread and archived, in all windows of its user alone', async () => {
    await using chat = await startChatWeb();
    await using browser = await startBrowser(executable as string);
    const [desk, phone] = [await windowOf(browser, chat.url, 'alice'), await windowOf(browser, chat.url, 'alice')];
    const bob = await windowOf(browser, chat.url, 'bob');
    for (const name of ['Bob Lindqvist', 'Carol Okafor']) {
      await openDirect(desk, name);
      await say(desk, `Hello ${name}`);
    }
    const lines = (page: Page) => page.getByRole('navigation', { name: 'Conversations' }).getByRole('button');
    const settings = async (name: RegExp) => {
      await lines(desk).filter({ hasText: name }).click();
      await desk.getByRole('button', { name: 'Settings of this conversation' }).click();
    };

    await settings(/Bob/);
    await desk.getByRole('checkbox', { name: 'Keep on top of the list' }).check();
    await desk.getByRole('combobox', { name: 'Muted' }).selectOption('Until I change it');
    await desk.getByRole('textbox', { name: 'Your name for it' }).fill('Bobby');
    await desk.getByRole('button', { name: 'Done' }).click();
    for (const page of [desk, phone]) {
      await lines(page)
        .first()
        .filter({ hasText: 'Bobby' })
        .filter({ hasText: 'Kept on top' })
        .filter({ hasText: 'Muted' })
        .waitFor();
      expect(await lines(page).count()).toBe(2);
    }
    await bob.getByRole('button', { name: /Alice Moreau/ }).waitFor();

    await settings(/Bobby/);
    await desk.getByRole('button', { name: 'Mark as unread' }).click();
    for (const page of [desk, phone]) await lines(page).filter({ hasText: 'Marked as unread' }).waitFor();
    await lines(phone).filter({ hasText: 'Bobby' }).click();
    for (const page of [desk, phone]) await page.getByText('Marked as unread').waitFor({ state: 'detached' });

    await settings(/Carol/);
    await desk.getByRole('checkbox', { name: 'Move to the archive' }).check();
    await phone.getByRole('button', { name: 'Archive (1)' }).click();
    await phone.getByRole('navigation', { name: 'Archive' }).getByText('Carol Okafor', { exact: true }).waitFor();
    await phone.reload();
    await phone.getByRole('button', { name: 'Archive (1)' }).waitFor();
    expect(await lines(phone).filter({ hasText: 'Carol' }).count()).toBe(0);
  });

  test('both reply to messages, by mouse and by keyboard, and a quote says what its message says now, and leads there', async () => {
    await using chat = await startChatWeb();
    await using browser = await startBrowser(executable as string);
    const [alice, bob] = [await windowOf(browser, chat.url, 'alice'), await windowOf(browser, chat.url, 'bob')];
    await openDirect(alice, 'Bob Lindqvist');
    await say(alice, 'The tied is out.');
    await bob.getByRole('button', { name: /Alice Moreau/ }).click();
    for (let nth = 1; nth <= 30; nth++) await say(alice, `wave ${nth}`);
    const rows = (page: Page) => page.getByRole('region', { name: 'Messages' }).getByRole('listitem');
    const field = (page: Page) => page.getByRole('textbox', { name: /Message to/ });
    await rows(bob).getByText('wave 30').waitFor();

    await rows(bob).getByText('wave 29').hover();
    await rows(bob).filter({ hasText: 'wave 29' }).getByRole('button', { name: 'Reply' }).click();
    await bob.getByText('Replying to Alice Moreau: wave 29').waitFor();
    await field(bob).press('Escape');
    expect(await bob.getByText(/Replying to/).count()).toBe(0);
    for (let nth = 0; nth < 31; nth++) await field(bob).press('Control+ArrowUp');
    await bob.getByText('Replying to Alice Moreau: The tied is out.').waitFor();
    await field(bob).press('Control+ArrowDown');
    await bob.getByText('Replying to Alice Moreau: wave 1', { exact: true }).waitFor();
    await field(bob).press('Control+ArrowUp');
    await field(bob).fill('Is it?');
    await field(bob).press('Enter');
    expect(await bob.getByText(/Replying to/).count()).toBe(0);

    const quote = (page: Page) => rows(page).filter({ hasText: 'Is it?' }).getByTitle('Go to this message');
    for (const page of [alice, bob]) await quote(page).getByText('The tied is out.').waitFor();
    await quote(alice).click();
    const target = rows(alice).filter({ hasText: 'The tied is out.' }).filter({ hasNotText: 'Is it?' });
    await expect.poll(() => target.isVisible(), { timeout: PATIENCE_MS }).toBe(true);
    await target.hover();
    await target.getByRole('button', { name: 'Edit' }).click();
    await field(alice).fill('The tide is out.');
    await field(alice).press('Enter');
    await quote(bob).getByText('The tide is out.').waitFor();
  });

  test('both react to a message, by mouse and by keyboard, and each sees how many do and who', async () => {
    await using chat = await startChatWeb();
    await using browser = await startBrowser(executable as string);
    const [alice, bob] = [await windowOf(browser, chat.url, 'alice'), await windowOf(browser, chat.url, 'bob')];
    await openDirect(alice, 'Bob Lindqvist');
    await say(alice, 'The tide is out.');
    await bob.getByRole('button', { name: /Alice Moreau/ }).click();
    const message = (page: Page) => page.getByRole('region', { name: 'Messages' }).getByRole('listitem').first();
    const chip = (page: Page, name: string, pressed: boolean) =>
      message(page).getByRole('button', { name, exact: true, pressed });
    const opener = message(alice).getByRole('button', { name: 'React' });
    const menu = alice.getByRole('menu', { name: 'React with' });
    const focused = (name: string) => alice.locator(`:focus[aria-label="${name}"]`).waitFor();

    await message(alice).hover();
    await opener.click();
    await menu.getByRole('menuitemcheckbox', { name: 'Thumbs up' }).click();
    await chip(alice, '👍 1: You', true).waitFor();
    await chip(bob, '👍 1: Alice Moreau', false).click();
    await chip(bob, '👍 2: You and Alice Moreau', true).waitFor();
    await chip(alice, '👍 2: You and Bob Lindqvist', true).hover();
    await message(alice).getByText('You and Bob Lindqvist').waitFor();

    await opener.focus();
    await alice.keyboard.press('Enter');
    await focused('Thumbs up');
    expect(await menu.getByRole('menuitemcheckbox', { checked: true }).count()).toBe(1);
    await alice.keyboard.press('ArrowLeft');
    await focused('Thank you');
    await alice.keyboard.press('Escape');
    await menu.waitFor({ state: 'hidden' });
    await focused('React');
    await alice.keyboard.press('Enter');
    await focused('Thumbs up');
    await alice.keyboard.press('ArrowRight');
    await focused('Heart');
    await alice.keyboard.press('Enter');
    await menu.waitFor({ state: 'hidden' });
    await focused('React');
    await chip(bob, '❤️ 1: Alice Moreau', false).waitFor();

    await chip(alice, '👍 2: You and Bob Lindqvist', true).focus();
    await alice.keyboard.press('Space');
    await chip(bob, '👍 1: You', true).click();
    for (const page of [alice, bob]) await expect.poll(() => message(page).getByText('👍').count()).toBe(0);
  });

  test('a message is taken back, by mouse and by keyboard, and is a tombstone for both, also after a reload', async () => {
    await using chat = await startChatWeb();
    await using browser = await startBrowser(executable as string);
    const [alice, bob] = [await windowOf(browser, chat.url, 'alice'), await windowOf(browser, chat.url, 'bob')];
    await openDirect(alice, 'Bob Lindqvist');
    for (const text of ['to somebody else', 'The tide is out.']) await say(alice, text);
    await bob.getByRole('button', { name: /Alice Moreau/ }).click();
    const rows = (page: Page) => page.getByRole('region', { name: 'Messages' }).getByRole('listitem');
    await rows(bob).getByText('to somebody else').waitFor();
    expect(await rows(bob).getByRole('button', { name: 'Take back' }).count()).toBe(0);
    const dialog = alice.getByRole('dialog', { name: 'Take this message back?' });

    await rows(alice).first().hover();
    await rows(alice).first().getByRole('button', { name: 'Take back' }).click();
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    await dialog.waitFor({ state: 'detached' });
    await rows(alice).first().getByRole('button', { name: 'Take back' }).focus();
    await alice.keyboard.press('Enter');
    await dialog.waitFor();
    await alice.keyboard.press('Escape');
    await alice.locator(':focus[aria-label="Take back"]').waitFor();
    await alice.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Take back' }).press('Enter');
    await rows(alice).first().getByText('You took this message back').waitFor();
    await alice
      .getByRole('textbox', { name: /Message to/ })
      .and(alice.locator(':focus'))
      .waitFor();
    await rows(bob).first().getByText('Message taken back').waitFor();
    await bob.reload();
    await rows(bob).first().getByText('Message taken back').waitFor();
    for (const page of [alice, bob]) {
      expect(await rows(page).count()).toBe(2);
      expect(await page.getByText('to somebody else').count()).toBe(0);
      expect(await rows(page).first().getByRole('button').count()).toBe(0);
    }

    await rows(alice).last().hover();
    await rows(alice).last().getByRole('button', { name: 'Take back' }).click();
    await dialog.getByRole('button', { name: 'Take back' }).click();
    // The list says so too.
    await bob.getByRole('button', { name: /Alice Moreau.*Message taken back/ }).waitFor();
  });

  test('two users chat: text and an order, each seen by the other once', async () => {
    await using chat = await startChatWeb();
    await using browser = await startBrowser(executable as string);
    const [alice, bob] = [await windowOf(browser, chat.url, 'alice'), await windowOf(browser, chat.url, 'bob')];

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
  });
});

async function windowOf(browser: Browser, url: string, user: string): Promise<Page> {
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.goto(`${url}/?user=${user}`);
  await page.getByText('No conversations yet.').waitFor();
  return page;
}

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

/** A picture that a browser has drawn, 120 × 80. */
async function drawn(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 120, height: 80 });
    const context = canvas.getContext('2d');
    if (context) {
      context.fillStyle = 'teal';
      context.fillRect(0, 0, 120, 80);
    }
    return canvas.toDataURL('image/png').split(',')[1] ?? '';
  });
  return Buffer.from(base64, 'base64');
}

/** Pastes files into the field, or drops them on the page. */
async function give(
  page: Page,
  how: 'paste' | 'drop',
  files: readonly { name: string; type: string; text: string }[],
): Promise<void> {
  const target = page.getByRole('textbox', { name: /Message to/ });
  await target.evaluate(
    (element, [type, given]) => {
      const data = new DataTransfer();
      for (const { name, text, type: mime } of given) data.items.add(new File([text], name, { type: mime }));
      const init = { bubbles: true, cancelable: true };
      element.dispatchEvent(
        type === 'paste'
          ? new ClipboardEvent('paste', { ...init, clipboardData: data })
          : new DragEvent('drop', { ...init, dataTransfer: data }),
      );
    },
    [how, files] as const,
  );
}
