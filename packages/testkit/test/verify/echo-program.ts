/** A program of a run, as small as one can be: answers, dies at a point, or ends by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { answerCalls, passFailpoint, tellReady } from '../../src/verify/node-program.ts';

// What keeps a real one alive are its sockets.
setInterval(() => {}, 1_000);
answerCalls({
  echo: (value: unknown) => value,
  life: () => process.env['ECHO_LIFE'],
  fail: () => {
    throw new Error('as it was told');
  },
  work: async () => {
    await passFailpoint('at-work');
    return 'done';
  },
  hang: () => sleep(60_000),
  exit: (code: number) => process.exit(code),
});
tellReady();
