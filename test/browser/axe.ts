import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { default as Axe, AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds serious or critical in a page and its frames, one line each. */
export async function seriousFindings(page: Page): Promise<string[]> {
  for (const frame of page.frames()) await frame.evaluate(source);
  const results = (await page.evaluate(() => {
    const { axe } = globalThis as unknown as { axe: typeof Axe };
    return axe.run({ resultTypes: ['violations'] });
  })) as AxeResults;
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, nodes }) => {
      const places = nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary?.split('\n')[1]?.trim()}`);
      return `${impact} ${id}: ${places.slice(0, 4).join(' | ')}`;
    });
}
