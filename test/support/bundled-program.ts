import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { bundlePrograms } from '../verify/bundle.ts';
import { plant } from '../verify/planted/plant.ts';
import type { Change } from '../verify/planted/planted-bug.ts';
import { makeTempFolder } from './services/temp-folder.ts';

/** Versions of tRPC beside the current one: folders of test/fixtures. */
export type TrpcFixture = 'trpc-previous' | 'trpc-floor';

const bundles = new Map<string, Promise<string>>();

/**
 * The path of a program in one file, which this process makes when it is first asked for. Node starts it in 0.4 s of CPU, and
 * takes 2.8 s where a loader has to compile some hundred sources at each start.
 *
 * @param trpc every import of @trpc/* in the program, the library's own too, is that of the fixture
 * @param changes lines that its sources have otherwise
 */
export function bundledProgram(source: URL, trpc?: TrpcFixture, changes: readonly Change[] = []): Promise<string> {
  const key = `${source.href} ${trpc} ${JSON.stringify(changes)}`;
  const bundle = bundles.get(key) ?? makeBundle(source, trpc, changes);
  bundles.set(key, bundle);
  return bundle;
}

async function makeBundle(source: URL, trpc: TrpcFixture | undefined, changes: readonly Change[]): Promise<string> {
  const plugins = [plant([{ changes }]).plugin, ...(trpc === undefined ? [] : [importsOf(trpc)])];
  const [path] = await bundlePrograms([source], await makeTempFolder(), plugins);
  return path as string;
}

function importsOf(trpc: TrpcFixture): Plugin {
  const resolveDir = fileURLToPath(new URL(`../fixtures/${trpc}`, import.meta.url));
  const isResolved = Symbol();
  return {
    name: 'trpc-of-fixture',
    setup: ({ onResolve, resolve }) => {
      onResolve({ filter: /^@trpc\// }, ({ path, kind, pluginData }) =>
        pluginData === isResolved ? undefined : resolve(path, { kind, resolveDir, pluginData: isResolved }),
      );
    },
  };
}
