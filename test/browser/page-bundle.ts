import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/** A script that puts what these modules export on `globalThis.bundled`. Paths are from the root of the checkout. */
export async function bundleForPage(...modules: readonly string[]): Promise<string> {
  const built = await build({
    stdin: { contents: modules.map((path) => `export * from './${path}';`).join('\n'), resolveDir: CHECKOUT },
    tsconfig: `${CHECKOUT}tsconfig.json`,
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'bundled',
    target: 'chrome120',
    logLevel: 'error',
  });
  const [file] = built.outputFiles;
  if (!file) throw new Error('esbuild made no file');
  return file.text;
}
