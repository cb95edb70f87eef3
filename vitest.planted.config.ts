import { defineConfig } from 'vitest/config';
import { alias, patience, planted } from './vitest.config.ts';

/** Builds with a bug in them, each to be found by the checker: minutes in all, so apart from `npm test`. */
export default defineConfig({
  resolve: { alias },
  test: {
    name: 'planted',
    include: [planted],
    exclude: ['**/node_modules/**'],
    ...patience,
    maxWorkers: 2,
  },
});
