import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';

const application = inject('application');

interface Project {
  readonly compiler: 'typescript-oldest' | 'typescript-newest';
  readonly options: object;
}

const STRICT = { strict: true, skipLibCheck: true, noEmit: true, jsx: 'react-jsx', types: ['node'] };
const STRICTEST = { ...STRICT, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
/** Own declarations of every package are checked, too. */
const LIBRARIES = { ...STRICTEST, skipLibCheck: false };
const NODENEXT = { module: 'nodenext', moduleResolution: 'nodenext', target: 'es2022' };
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler', target: 'es2022', lib: ['ES2020', 'DOM'] };

/** What the compiler says of the application, '' when nothing. */
function compile(name: string, { compiler, options }: Project): string {
  const file = join(application, `tsconfig.${name}.json`);
  writeFileSync(file, JSON.stringify({ compilerOptions: options, files: ['server.ts', 'chat.ts'] }));
  try {
    const program = join(application, 'node_modules', compiler, 'lib', 'tsc.js');
    execFileSync(process.execPath, [program, '-p', file], { cwd: application, encoding: 'utf8' });
    return '';
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

const FEW: [string, Project][] = [
  [
    'the oldest compiler, strictest, nodenext',
    { compiler: 'typescript-oldest', options: { ...STRICTEST, ...NODENEXT } },
  ],
  [
    'the newest compiler, strict, a bundler and lib ES2020',
    { compiler: 'typescript-newest', options: { ...STRICT, ...BUNDLER } },
  ],
];

/** `TIDEMARK_MATRIX=wide`: both compilers, both resolutions, and every strictness. */
const WIDE = (['typescript-oldest', 'typescript-newest'] as const).flatMap((compiler) =>
  Object.entries({ NODENEXT, BUNDLER }).flatMap(([resolution, how]) =>
    Object.entries({ STRICT, STRICTEST, LIBRARIES }).map(([strictness, options]): [string, Project] => [
      `${compiler}, ${resolution}, ${strictness}`,
      { compiler, options: { ...options, ...how } },
    ]),
  ),
);

test.each(process.env.TIDEMARK_MATRIX === 'wide' ? WIDE : FEW)('an application compiles with %s', (name, project) => {
  expect(compile(name.replace(/\W+/g, '-'), project)).toBe('');
});

test('the declarations of an application stay short: the kinds of content, never the router', () => {
  const options = {
    ...STRICT,
    ...NODENEXT,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: 'types',
  };
  expect(compile('declarations', { compiler: 'typescript-newest', options })).toBe('');
  const sizes = readdirSync(join(application, 'types')).map((file) => statSync(join(application, 'types', file)).size);
  expect(Math.max(...sizes)).toBeLessThan(8_192);
});

test('CommonJS loads every package and sees its types', () => {
  const folder = join(application, 'commonjs');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
  const source = `import { createClient } from '@tidemark/client';
import { createMessaging } from '@tidemark/server';
import { memoryStorage } from '@tidemark/storage-memory';
const kinds: [string, string, string] = [typeof createClient, typeof createMessaging, typeof memoryStorage];
console.log(kinds.join());
`;
  writeFileSync(join(folder, 'main.ts'), source);
  const compilerOptions = { ...STRICT, noEmit: false, module: 'nodenext', target: 'es2022', outDir: '.' };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
  const compiler = join(application, 'node_modules/typescript-newest/lib/tsc.js');
  execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  const said = execFileSync(process.execPath, [join(folder, 'main.js')], { encoding: 'utf8' });
  expect(said.trim()).toBe('function,function,function');
});

test('an application on ioredis 5 and mongodb 6 can install', () => {
  const folder = join(application, 'older-drivers');
  mkdirSync(folder, { recursive: true });
  const drivers = { ioredis: '5.9.2', mongodb: '6.22.0', '@trpc/server': '11.25.2' };
  const dependencies = { ...inject('tarballs'), ...drivers, '@trpc/client': '11.25.2' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'older', private: true, dependencies }));
  const npm = process.env.npm_execpath ?? '';
  const args = ['install', '--package-lock-only', '--no-audit', '--no-fund', '--prefer-offline'];
  execFileSync(process.execPath, [npm, ...args], { cwd: folder, encoding: 'utf8' });
  expect(readdirSync(folder)).toContain('package-lock.json');
});
