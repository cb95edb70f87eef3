// `npm start` and `npm run quickstart`: builds the packages that changed, then runs an example on the built packages, with
// the arguments it was given.
//
//   node scripts/start.mjs chat-web|quickstart [arguments of the example]
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { root } from './workspace.mjs';

const [example, ...args] = process.argv.slice(2);
const at = (path) => fileURLToPath(new URL(path, root));

const build = spawnSync(process.execPath, [at('scripts/build.mjs'), '--quiet'], { stdio: 'inherit' });
if (build.status !== 0) process.exit(build.status ?? 1);

const running = spawn(
  process.execPath,
  ['--import', import.meta.resolve('tsx'), at(`examples/${example}/main.ts`), ...args],
  {
    stdio: 'inherit',
    // Not the root's, whose `paths` would run the packages from their sources.
    env: { ...process.env, TSX_TSCONFIG_PATH: at('examples/tsconfig.json') },
  },
);

// A terminal signals the whole group, and the example ends by itself; a supervisor signals this process alone.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => running.kill('SIGTERM'));
running.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
running.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
});
