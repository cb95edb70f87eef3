import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { blocksOfPages } from './blocks.ts';

const application = inject('application');

interface Project {
  readonly compiler: 'typescript-oldest' | 'typescript-newest' | 'typescript-native';
  readonly options: object;
}

interface Manifest {
  readonly dependencies: Record<string, string>;
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
    // The one file of its `bin` that all of them have, the native one too.
    const program = join(application, 'node_modules', compiler, 'bin', 'tsc');
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

const isWide = process.env.TIDEMARK_MATRIX === 'wide';

/** `TIDEMARK_MATRIX=wide`: every compiler, both resolutions, and every strictness. */
const WIDE = (['typescript-oldest', 'typescript-newest', 'typescript-native'] as const).flatMap((compiler) =>
  Object.entries({ NODENEXT, BUNDLER }).flatMap(([resolution, how]) =>
    Object.entries({ STRICT, STRICTEST, LIBRARIES }).map(([strictness, options]): [string, Project] => [
      `${compiler}, ${resolution}, ${strictness}`,
      { compiler, options: { ...options, ...how } },
    ]),
  ),
);

test.each(isWide ? WIDE : FEW)('an application compiles with %s', (name, project) => {
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

test.runIf(isWide)('declarations name every type that they need where pnpm keeps packages apart', () => {
  const folder = join(application, 'pnpm');
  mkdirSync(folder, { recursive: true });
  for (const file of ['server.ts', 'chat.ts']) copyFileSync(join(application, file), join(folder, file));
  const { dependencies } = JSON.parse(readFileSync(join(application, 'package.json'), 'utf8')) as Manifest;
  // What an application names that has the front and the back end in one package, and nothing that these bring along.
  const named =
    /^(?:@tidemark\/(?:client|server|storage-memory)|@trpc\/.*|@types\/(?:node|react)|react|typescript-newest|zod)$/;
  const own = Object.fromEntries(Object.entries(dependencies).filter(([name]) => named.test(name)));
  const overrides = inject('tarballs');
  const manifest = { name: 'pnpm', private: true, type: 'module', dependencies: own, pnpm: { overrides } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), 'packages: []\n');
  const pnpm = join(application, 'node_modules/pnpm/bin/pnpm.cjs');
  execFileSync(process.execPath, [pnpm, 'install', '--ignore-scripts', '--prefer-offline'], { cwd: folder });
  const compilerOptions = { ...STRICT, ...NODENEXT, noEmit: false, declaration: true, outDir: 'types' };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['server.ts', 'chat.ts'] }));
  const compiler = join(folder, 'node_modules/typescript-newest/bin/tsc');
  expect(execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })).toBe('');
});

test("the test of an application that testkit's page shows runs in Jest", () => {
  const folder = join(application, 'in-jest');
  mkdirSync(folder, { recursive: true });
  const page = blocksOfPages().find(({ code }) => code.includes("from '@tidemark/testkit/application'"));
  const source = page?.code.replace("from 'vitest'", "from '@jest/globals'") ?? '';
  writeFileSync(join(folder, 'order-updates.test.ts'), source);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "jest": { "testMatch": ["**/*.test.js"] } }');
  const compilerOptions = { ...STRICT, ...NODENEXT, noEmit: false };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['order-updates.test.ts'] }));
  execFileSync(process.execPath, [join(application, 'node_modules/typescript-newest/bin/tsc'), '-p', folder]);
  const jest = [join(application, 'node_modules/jest/bin/jest.js'), '--json', '--silent'];
  const said = execFileSync(process.execPath, ['--experimental-vm-modules', ...jest], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(JSON.parse(said)).toMatchObject({ numPassedTests: 3, numFailedTests: 0 });
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
  const compiler = join(application, 'node_modules/typescript-newest/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
  const said = execFileSync(process.execPath, [join(folder, 'main.js')], { encoding: 'utf8' });
  expect(said.trim()).toBe('function,function,function');
});

test('the command line runs from where npm puts it', () => {
  const program = join(application, 'node_modules/.bin/tidemark');
  expect(execFileSync(program, ['--help'], { encoding: 'utf8' })).toContain('tidemark doctor');
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
