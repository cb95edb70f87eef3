import { expect, test } from 'vitest';
import { type DiskOwner, fillDisks } from './fill-disks.ts';

/** A server that answers as told, call by call, and then as the last time; it notes what it was asked. */
function serverThat(...answers: (() => Promise<number>)[]) {
  const asked: boolean[] = [];
  let call = 0;
  const server: DiskOwner = {
    name: 'server 0',
    fillDisk: async (full) => {
      asked.push(full);
      const answer = answers[Math.min(call++, answers.length - 1)];
      return answer?.() ?? 1;
    },
  };
  return { server, asked };
}

const isDown = async (): Promise<number> => {
  throw new Error('server 0 does not run');
};
const isOpening = async (): Promise<number> => 0;
const isFull = async (): Promise<number> => 1;

test('a server that is down, or has not opened its store, is waited for', async () => {
  const { server, asked } = serverThat(isDown, isDown, isOpening, isFull);
  const heal = await fillDisks([server], new AbortController().signal);
  expect(asked).toEqual([true, true, true, true]);
  await heal();
  expect(asked.at(-1)).toBe(false);
});

test('a server that is down until the time is over is told of, and finds room when it hears again', async () => {
  const over = new AbortController();
  const { server, asked } = serverThat(isDown, async () => {
    over.abort();
    return isDown();
  });
  await expect(fillDisks([server], over.signal)).rejects.toThrow(/not filled in time: Error: server 0 does not run/);
  expect(asked).toEqual([true, true, false]);
});

test('a server that answers after the time, as one that was paused does, has room again at once', async () => {
  const over = new AbortController();
  const { server, asked } = serverThat(async () => {
    over.abort();
    return 1;
  });
  await expect(fillDisks([server], over.signal)).rejects.toThrow('answered too late');
  expect(asked).toEqual([true, false]);
});

test('when one of two is not filled in time, the other one has room again as well', async () => {
  const [full, down] = [serverThat(isFull), serverThat(isDown)];
  await expect(fillDisks([full.server, down.server], AbortSignal.timeout(120))).rejects.toThrow('does not run');
  expect(full.asked).toEqual([true, false]);
});
