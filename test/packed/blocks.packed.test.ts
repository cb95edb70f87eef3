import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { blocksOfPages } from './blocks.ts';

const folder = join(inject('application'), 'pages');
const blocks = blocksOfPages();

beforeAll(() => {
  for (const { file, code } of blocks) writeFileSync(join(folder, file), code);
});

test('every page with code is looked at', () => {
  expect(blocks.length).toBeGreaterThan(20);
});

test.each(['typescript-oldest', 'typescript-newest'])('every block of every page compiles with %s', (compiler) => {
  const compilerOptions = {
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    moduleDetection: 'force',
    jsx: 'react-jsx',
    module: 'nodenext',
    target: 'es2022',
    lib: ['ES2022', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
    types: ['node'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts', '*.tsx'] }));
  expect(inPages(compile(compiler))).toBe('');
});

function compile(compiler: string): string {
  const program = join(inject('application'), 'node_modules', compiler, 'bin', 'tsc');
  try {
    return execFileSync(process.execPath, [program, '-p', folder], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

/** What the compiler says, with the place on the page in front of it. */
function inPages(said: string): string {
  return blocks.reduce((text, { file, place }) => text.replaceAll(file, `${place} ${file}`), said);
}
