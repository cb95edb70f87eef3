import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessObserver, SystemProcess } from '@tidemark/testkit/verify';
import type { Service } from '../support/services/service.ts';

/** A service of the tests as a process that a run's faults act upon, and whose life its history tells. */
export function serviceProcess(name: string, service: Service, observer: ProcessObserver): SystemProcess {
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
  observer.started(name, service.pid ?? 0);
  return {
    name,
    get pid() {
      return service.pid;
    },
    kill9: () =>
      inTurn(async () => {
        if (!isRunning()) return;
        await service.kill9();
        observer.ended(name, 'SIGKILL', false);
      }),
    pause: () => inTurn(async () => (isRunning() ? service.pause() : undefined)),
    resume: () => inTurn(async () => (isRunning() ? service.resume() : undefined)),
    restart: () => inTurn(start),
    ensureRunning: () => inTurn(async () => (isRunning() ? undefined : start())),
    endsWithin: async (ms) => {
      for (const deadline = performance.now() + ms; isRunning(); await sleep(20)) {
        if (performance.now() > deadline) return false;
      }
      return true;
    },
  };
}
