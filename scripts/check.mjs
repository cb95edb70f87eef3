// `npm run check`: everything that can be judged without running the product. Each check is an npm script of its own,
// and all of them run before the first failure ends the matter.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { npm } from './npm.mjs';
import { root } from './workspace.mjs';

/** Two lanes for two cores: what reads sources, and what needs the build. Within a lane one after the other. */
const LANES = [
  [
    { script: 'check:format', title: 'format, imports and lint (biome)' },
    { script: 'check:types', title: 'types of sources and tests (tsc)' },
    { script: 'check:boundaries', title: 'boundaries and cycles (dependency-cruiser)' },
    { script: 'check:unused', title: 'nothing unused or undeclared (knip)' },
  ],
  [
    { script: 'build', title: 'build (tsdown)' },
    { script: 'check:examples', title: 'types of examples on the built packages (tsc)' },
    { script: 'check:api', title: 'what the packages export is what their api.txt says' },
    { script: 'check:packages', title: 'packed packages (npm pack, publint, attw)' },
    { script: 'check:size', title: 'what a browser loads, without Node built-ins (size-limit)' },
  ],
];

const started = performance.now();
const failed = [];

await Promise.all(
  LANES.map(async (lane) => {
    for (const check of lane) await run(check);
  }),
);

const seconds = ((performance.now() - started) / 1000).toFixed(1);
const total = LANES.flat().length;
if (failed.length > 0) {
  console.log(`\n${failed.length} of ${total} checks failed in ${seconds} s: ${failed.join(', ')}`);
  process.exitCode = 1;
} else {
  console.log(`\nall ${total} checks passed in ${seconds} s`);
}

async function run({ script, title }) {
  const since = performance.now();
  const { code, output } = await npmRun(script);
  const time = `${((performance.now() - since) / 1000).toFixed(1)} s`.padStart(7);
  console.log(`${code === 0 ? 'pass' : 'FAIL'} ${time}  ${title}`);
  if (code === 0) return;
  failed.push(script);
  console.log(indent(output.trimEnd()));
  console.log(`      (alone: npm run ${script})`);
}

function npmRun(script) {
  return new Promise((resolve) => {
    const child = spawn(...npm('run', '--silent', script), {
      cwd: fileURLToPath(root),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

function indent(text) {
  return text
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
}
