/**
 * Pictures of the main states of the chat, light and dark, wide, narrow and magnified, in `screenshots/`; prints their paths, and what axe
 * finds serious in any of them.
 *
 *   npm run screenshots -- [name of a state …]
 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { findBrowser, provideBrowser, startBrowser } from '../support/browser.ts';
import { type ChatWeb, startChatWeb } from '../support/chat-web.ts';
import { seriousFindings } from './axe.ts';
import { CHAT_WEB_STATES, type ChatWebState } from './chat-web-states.ts';

const folder = fileURLToPath(new URL('../../screenshots/', import.meta.url));
const only = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);
const SIZES = [
  { size: 'wide', viewport: { width: 1280, height: 800 } },
  { size: 'narrow', viewport: { width: 390, height: 780 } },
  // The wide one, magnified twice and four times.
  { size: 'zoom-200', viewport: { width: 640, height: 400 } },
  { size: 'zoom-400', viewport: { width: 320, height: 200 } },
] as const;

await provideBrowser();
await mkdir(folder, { recursive: true });
const executable = await findBrowser();
if (executable === undefined) process.exit(1);
await using browser = await startBrowser(executable);
await using full = await startChatWeb({ seeded: true });
await using empty = await startChatWeb();
let findings = 0;
for (const state of CHAT_WEB_STATES) {
  if (only.length > 0 && !only.includes(state.name)) continue;
  for (const { size, viewport } of SIZES) {
    if (size === 'narrow' && state.isWideOnly) continue;
    for (const colorScheme of ['light', 'dark'] as const) {
      const name = `${state.name}-${size}-${colorScheme}`;
      findings += await take(browser, state.isEmpty ? empty : full, state, name, { viewport, colorScheme });
    }
  }
}
say(findings === 0 ? 'axe: nothing serious' : `axe: ${findings} serious findings`);
process.exitCode = findings === 0 ? 0 : 1;

async function take(
  browser: Browser,
  chat: ChatWeb,
  state: ChatWebState,
  name: string,
  options: { viewport: { width: number; height: number }; colorScheme: 'light' | 'dark' },
): Promise<number> {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.on('pageerror', (error) => say(`${name}: ${error.message}`));
  try {
    await state.enter(page, chat, context);
    // Fonts, scroll positions and what is drawn after a measurement.
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${folder}${name}.png` });
    say(`${folder}${name}.png`);
    const found = await seriousFindings(page);
    for (const finding of found) say(`${name}: ${finding}`);
    return found.length;
  } catch (error) {
    await page.screenshot({ path: `${folder}${name}-not-reached.png` });
    say(`${name}: not reached: ${(error as Error).message.split('\n')[0]}`);
    return 1;
  } finally {
    await context.close();
    if (state.name === 'waiting') await chat.restart();
  }
}
