import { fileURLToPath } from 'node:url';
import { type AliasOptions, build } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Builds the page into `outDir`. `alias` is for those who run the packages from their sources. */
export async function buildPage(outDir: string, alias: AliasOptions = {}): Promise<void> {
  const { NODE_ENV } = process.env;
  // A test that builds it wants what people get, not React's development version.
  process.env.NODE_ENV = 'production';
  try {
    await build({
      root,
      configFile: `${root}vite.config.ts`,
      logLevel: 'warn',
      resolve: { alias },
      build: { outDir, emptyOutDir: true },
    });
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = NODE_ENV;
  }
}
