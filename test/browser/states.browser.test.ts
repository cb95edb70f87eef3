import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser, startBrowser } from '../support/browser.ts';
import { type ChatWeb, startChatWeb } from '../support/chat-web.ts';
import { seriousFindings } from './axe.ts';
import { CHAT_WEB_STATES } from './chat-web-states.ts';

const executable = await findBrowser();
const folder = fileURLToPath(new URL('../../screenshots/', import.meta.url));
/** Each shows parts that no other of them does; `npm run screenshots` takes them all, and on narrow screens, too. */
const MAIN = [
  'sign-in',
  'list',
  'direct',
  'members',
  'empty',
  'store-cleared',
  'reactions',
  'reaction-picker',
  'offline-pending',
];

describe.skipIf(executable === undefined)('what axe finds in the main states of the chat', () => {
  let full: ChatWeb;
  let empty: ChatWeb;
  let browser: Browser;

  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    browser = await startBrowser(executable as string);
    full = await startChatWeb({ seeded: true });
    empty = await startChatWeb();
  });
  afterAll(async () => {
    await browser?.close();
    await empty?.[Symbol.asyncDispose]();
    await full?.[Symbol.asyncDispose]();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`nothing serious or critical in any of them, ${colorScheme}`, async () => {
      const states = CHAT_WEB_STATES.filter(({ name }) => MAIN.includes(name));
      expect(states.map(({ name }) => name).sort()).toEqual([...MAIN].sort());
      const found: string[] = [];
      for (const state of states) {
        const context = await browser.newContext({ colorScheme, reducedMotion: 'reduce' });
        const page = await context.newPage();
        await state.enter(page, state.isEmpty ? empty : full, context);
        const path = `${folder}${state.name}-${colorScheme}.png`;
        await page.screenshot({ path });
        process.stdout.write(`${path}\n`);
        for (const finding of await seriousFindings(page)) found.push(`${state.name}: ${finding}`);
        await context.close();
      }
      expect(found).toEqual([]);
    });
  }
});
