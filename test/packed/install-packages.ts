import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A project outside the repository with the packed packages installed. */
    application: string;
    /** The packed packages, as a package.json's `dependencies` name them. */
    tarballs: Record<string, string>;
  }
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Beside the packages, for what the pages show. The compilers are the oldest and the newest TypeScript that the README names. */
const OTHERS = {
  '@fastify/websocket': '^11.3.0',
  '@jest/globals': '^30.0.0',
  '@trpc/client': '11.25.2',
  '@trpc/server': '11.25.2',
  '@types/better-sqlite3': '^7.6.0 || ^9.0.0',
  '@types/node': '^20.19.0',
  '@types/pg': '^8.15.0',
  '@types/react': '^19.3.0',
  '@types/ws': '^8.18.0',
  fastify: '^5.12.0',
  ioredis: '^6.0.0',
  jest: '^30.0.0',
  mongodb: '^7.9.0',
  mysql2: '^3.24.6',
  pg: '^8.23.1',
  pino: '^10.4.0',
  'prom-client': '^15.1.0',
  react: '^19.3.1',
  superjson: '^2.2.6',
  'typescript-oldest': 'npm:typescript@5.7.3',
  'typescript-newest': 'npm:typescript@6.0.3',
  vitest: '4.1.11',
  ws: '^8.23.0',
  zod: '^4.6.0',
};

/** What only `TIDEMARK_MATRIX=wide` looks at. */
const WIDE = { pnpm: '^9.8.0', 'typescript-native': 'npm:typescript@^7.0.0' };

/** Packages that the pages show and that stand on a platform of their own: their types alone, without that platform. */
const PLATFORM = { 'react-native-mmkv': '^4.3.0' };

/** Packs every package once and installs them once, for all tests. */
export function setup(project: TestProject): () => void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'tidemark-packed-')));
  try {
    run(process.execPath, ['scripts/build.mjs', '--quiet'], root);
    npm(['pack', '--silent', '--pack-destination', folder, ...workspaces()], root);
    const tarballs: Record<string, string> = {};
    for (const file of readdirSync(folder)) {
      const [, name = ''] = /^tidemark-(.+)-\d+\.\d+\.\d+\.tgz$/.exec(file) ?? [];
      tarballs[`@tidemark/${name}`] = `file:${join(folder, file)}`;
    }
    const application = join(folder, 'application');
    cpSync(fileURLToPath(new URL('./application', import.meta.url)), application, { recursive: true });
    const wide = process.env.TIDEMARK_MATRIX === 'wide' ? WIDE : {};
    install(application, { ...OTHERS, ...wide, ...tarballs });
    const pages = join(application, 'pages');
    cpSync(fileURLToPath(new URL('./pages', import.meta.url)), pages, { recursive: true });
    install(pages, PLATFORM, '--legacy-peer-deps', '--ignore-scripts');
    project.provide('application', application);
    project.provide('tarballs', tarballs);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return () => rmSync(folder, { recursive: true, force: true });
}

function workspaces(): string[] {
  return readdirSync(join(root, 'packages')).map((name) => `--workspace=packages/${name}`);
}

function install(folder: string, dependencies: Record<string, string>, ...options: readonly string[]): void {
  const manifest = { name: basename(folder), private: true, type: 'module', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  npm(['install', '--no-audit', '--no-fund', '--prefer-offline', ...options], folder);
}

function npm(args: readonly string[], cwd: string): void {
  const program = process.env.npm_execpath;
  if (program === undefined) throw new Error('run this by npm: npm run test:packed');
  run(process.execPath, [program, ...args], cwd);
}

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 2 ** 26 });
}
