/** A run that is killed: starts a child, stops it if told to, and says its pid. */
import { fileURLToPath } from 'node:url';
import { nodeProcess } from '../../src/verify/node-process.ts';

const child = await nodeProcess({
  name: 'echo',
  args: [fileURLToPath(new URL('./echo-program.mjs', import.meta.url))],
  observer: { started: () => {}, ended: () => {} },
});
if (process.argv.includes('--pause')) await child.pause();
process.stdout.write(`${child.pid}\n`);
