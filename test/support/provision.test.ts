import { expect, test } from 'vitest';
import { neededBy } from './provision-project.ts';

test.each([
  [
    ['a/inbox-seq.redis.test.ts', 'b/mysql-inbox.mysql.test.ts'],
    ['redis', 'mysql'],
  ],
  [['a/redis.test.ts', 'a/core.test.tsx'], []],
  [['a/chat-web.browser.test.ts'], ['browser']],
  [['a/client.python.test.ts'], ['python']],
  [['a/verify.services.test.ts'], ['redis', 'cluster', 'postgres', 'mysql', 'mongo']],
])('%j need %j to be provided', (files, needed) => {
  expect(neededBy(files)).toEqual(needed);
});
