import { fileURLToPath } from 'node:url';
import { type AliasOptions, build } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Builds the page into `outDir`. `alias` is for those who run the packages from their sources. */
export async function buildPage(outDir: string, alias: AliasOptions = {}): Promise<void> {
  await build({
    root,
    configFile: `${root}vite.config.ts`,
    logLevel: 'warn',
    resolve: { alias },
    build: { outDir, emptyOutDir: true },
  });
}
