import { type ProxiedPath, type ProxyTarget, startProxy } from './tcp-proxy.ts';

/** A path to a server that breaks at a given moment of what passes. */
export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /**
   * Resets every connection at the nth piece that passes from now on, in either direction, from 0: before it passes, or when
   * half of it has. Once; arming it again takes the place of what has not happened yet.
   */
  arm(nth: number, when: 'before' | 'midway'): void;
  /** Nothing is cut any more. Returns whether it was since it was armed. */
  disarm(): boolean;
}

/** ms for half a piece to arrive before the connection is reset. */
const ARRIVAL = 5;

/** A TCP proxy for tests that reset connections at every point of a call. */
export async function startCuttingProxy(target: ProxyTarget): Promise<CuttingProxy> {
  let armed: { left: number; readonly when: 'before' | 'midway' } | undefined;
  let isCutting = false;
  let wasCut = false;

  function cut(): void {
    isCutting = false;
    wasCut = true;
    path.cut();
  }

  function piece(bytes: Buffer, pass: (bytes: Buffer) => void): void {
    if (isCutting) return;
    if (!armed || armed.left-- > 0) {
      pass(bytes);
      return;
    }
    const { when } = armed;
    armed = undefined;
    if (when === 'before') {
      cut();
      return;
    }
    isCutting = true;
    pass(bytes.subarray(0, Math.ceil(bytes.length / 2)));
    setTimeout(cut, ARRIVAL);
  }

  const path: ProxiedPath = await startProxy(target, {
    name: 'cut path',
    protocol: 'tcp',
    filters: ({ passUp, passDown }) => ({
      up: { push: (bytes) => piece(bytes, passUp), flush: () => {} },
      down: { push: (bytes) => piece(bytes, passDown), flush: () => {} },
    }),
  });
  return {
    get port() {
      return path.port;
    },
    arm: (nth, when) => {
      armed = { left: nth, when };
      wasCut = false;
    },
    disarm: () => {
      armed = undefined;
      return wasCut;
    },
    [Symbol.asyncDispose]: () => path[Symbol.asyncDispose](),
  };
}
