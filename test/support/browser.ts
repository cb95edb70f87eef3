import { type Browser, chromium } from 'playwright-core';
import { installPackages } from './services/debian-packages.ts';
import { findProgram } from './services/system.ts';

const INSTALL =
  'Install Chromium or Chrome (Debian: apt-get install chromium; macOS: brew install --cask chromium), or name its program ' +
  'in CHROMIUM.';

const PROGRAMS = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Nothing is fetched from elsewhere while a test runs; a root of a container has no sandbox. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The path of the browser: that of CHROMIUM, else one of this machine, else the package of Debian, installed once by root.
 * Where there is none, CI fails; elsewhere a line says that browser tests are not run, and the result is undefined.
 */
export async function findBrowser(): Promise<string | undefined> {
  const found = process.env.CHROMIUM || findProgram(...PROGRAMS);
  if (found) return found;
  const problem = await installPackages('chromium');
  const installed = findProgram(...PROGRAMS);
  if (installed) return installed;
  const why = `no browser on PATH; ${problem?.reason ?? 'the package of Debian brought none'}`;
  if (process.env.CI) throw new Error(`Chromium is needed and cannot be had (${why}). ${INSTALL}`);
  process.stderr.write(`\ntests: BROWSER TESTS ARE NOT RUN, for there is no Chromium (${why}). ${INSTALL}\n\n`);
  return undefined;
}

/** The browser, and a font of emoji: without any, pictures show boxes, and tests go on. */
export async function provideBrowser(): Promise<void> {
  await findBrowser();
  await installPackages('fonts-noto-color-emoji');
}

/**
 * Starts it; dispose of it with `await using`.
 * @param backForwardCache pages that are left are kept for the way back, as in a browser that nobody drives
 */
export function startBrowser(executablePath: string, { backForwardCache = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ARGS,
    ...(backForwardCache && { ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
  });
}
