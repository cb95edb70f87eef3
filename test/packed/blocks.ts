import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);

export interface Block {
  /** Page and line, as an editor opens them: `packages/client/README.md:10`. */
  readonly place: string;
  /** Name of the file that it is compiled as. */
  readonly file: string;
  readonly code: string;
}

/** Pages whose code somebody pastes. PROTOCOL.md is for other languages. */
function pages(): string[] {
  const readmes = ['packages', 'examples'].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`),
  );
  return ['README.md', 'CONTRIBUTING.md', ...readmes.sort()];
}

/**
 * Every block of TypeScript on every page, as a file of its own beside test/packed/pages, which holds what an application would
 * have. Only a block whose first line is "```ts no-program" is left out.
 */
export function blocksOfPages(): Block[] {
  return pages().flatMap((page) => {
    const text = readFileSync(fileURLToPath(new URL(page, root)), 'utf8');
    return [...text.matchAll(/^```(tsx?)[^\S\n]*([^\n]*)\n([\s\S]*?)\n```$/gm)]
      .filter(([, , mark]) => mark !== 'no-program')
      .map(({ 1: extension = '', 3: code = '', index }) => {
        const line = text.slice(0, index).split('\n').length;
        return { place: `${page}:${line}`, file: `${page.replace(/\W+/g, '-')}-${line}.${extension}`, code };
      });
  });
}
