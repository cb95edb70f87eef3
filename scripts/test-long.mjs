// `npm run test:long`: the simulations with all their schedules, and what takes as many users as a large group has. A script, since shells disagree on how a variable is set.
import { startVitest } from 'vitest/node';

process.env.TIDEMARK_LONG = '1';
const vitest = await startVitest('test', ['property', 'simulation', 'reactions.services', ...process.argv.slice(2)], {
  run: true,
  project: ['unit', 'services'],
});
await vitest.close();
