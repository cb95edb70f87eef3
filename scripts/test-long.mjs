// `npm run test:long`: the simulations with all their schedules. A script, since shells disagree on how a variable is set.
import { startVitest } from 'vitest/node';

process.env.TIDEMARK_LONG = '1';
const vitest = await startVitest('test', ['property', 'simulation', ...process.argv.slice(2)], {
  run: true,
  project: ['unit'],
});
await vitest.close();
