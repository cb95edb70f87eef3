import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

/** Packages with binaries, or with imports that only exist when they are installed: each is imported from where it is. */
const INSTALLED = ['libsql', 'mongodb', 'pg', 'mysql2', 'mysql2/promise', 'mysql2/promise.js'];

/**
 * Bundles programs into one file each, so that forty processes start in the time of one that compiles its sources. Returns
 * their paths, in the order of the sources.
 *
 * @param plugins come first: what they load is what is built
 */
export async function bundlePrograms(
  sources: readonly URL[],
  folder: string,
  plugins: readonly Plugin[] = [],
): Promise<string[]> {
  await build({
    entryPoints: sources.map((source) => fileURLToPath(source)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    sourcesContent: false,
    // Whose paths are those of the sources: examples have a tsconfig of their own, by which they see the built packages.
    tsconfig: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)),
    // For the CommonJS packages within.
    banner: {
      js: `import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`,
    },
    plugins: [...plugins, installed, luaInline],
    logLevel: 'error',
  });
  return sources.map((source) => join(folder, `${basename(source.pathname, '.ts')}.mjs`));
}

const installed: Plugin = {
  name: 'installed',
  setup: ({ onResolve }) => {
    onResolve({ filter: new RegExp(`^(?:${INSTALLED.join('|')})$`) }, ({ path }) => ({
      path: require.resolve(path),
      external: true,
    }));
  },
};

/** Sources read their Lua scripts beside themselves; a bundle has nothing beside it. */
export const luaInline: Plugin = {
  name: 'lua-inline',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]redis[\\/]scripts\.ts$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      const reads = [...code.matchAll(/readFileSync\(new URL\('([^']+\.lua)', import\.meta\.url\), 'utf8'\)/g)];
      let contents = code;
      for (const [read, file] of reads) {
        const text = await readFile(new URL(file as string, new URL(path, 'file:')), 'utf8');
        contents = contents.replace(read, () => JSON.stringify(text));
      }
      return { contents, loader: 'ts' };
    });
  },
};
