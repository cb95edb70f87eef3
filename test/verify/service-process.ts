import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessObserver, SystemProcess } from '@tidemark/testkit/verify';
import type { Service } from '../support/services/service.ts';

export interface ReplaceableProcess extends SystemProcess {
  /** Kills it, lets `step` change its data, and starts it; nobody else starts it meanwhile. */
  replaceWhileDown(step: () => Promise<void>): Promise<void>;
}

/** A service of the tests as a process that a run's faults act upon, and whose life its history tells. */
export function serviceProcess(name: string, service: Service, observer: ProcessObserver): ReplaceableProcess {
  /** Starts and ends come one after the other, whoever asks for them. */
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const next = turn.then(step);
    turn = next.catch(() => undefined);
    return next;
  }
  const isRunning = (): boolean => service.pid !== undefined;
  async function start(): Promise<void> {
    if (isRunning()) observer.ended(name, null, false);
    await service.restart();
    observer.started(name, service.pid ?? 0);
  }
  async function kill(): Promise<void> {
    if (!isRunning()) return;
    await service.kill9();
    observer.ended(name, 'SIGKILL', false);
  }
  observer.started(name, service.pid ?? 0);
  return {
    name,
    get pid() {
      return service.pid;
    },
    kill9: () => inTurn(kill),
    pause: () => inTurn(async () => (isRunning() ? service.pause() : undefined)),
    resume: () => inTurn(async () => (isRunning() ? service.resume() : undefined)),
    restart: () => inTurn(start),
    ensureRunning: () => inTurn(async () => (isRunning() ? undefined : start())),
    replaceWhileDown: (step) =>
      inTurn(async () => {
        await kill();
        try {
          await step();
        } finally {
          await start();
        }
      }),
    endsWithin: async (ms) => {
      for (const deadline = performance.now() + ms; isRunning(); await sleep(20)) {
        if (performance.now() > deadline) return false;
      }
      return true;
    },
  };
}
