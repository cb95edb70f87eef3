import { createContext, runInContext } from 'node:vm';
import { WebSocket } from 'ws';

/**
 * A realm with the globals that React Native 0.76 and later define by themselves, and without what Hermes lacks: whatever
 * a bundle uses beyond them fails here as it would on a phone.
 */
export function reactNativeRealm() {
  const realm = createContext({
    console,
    setTimeout,
    clearTimeout,
    setInterval,
    clearInterval,
    setImmediate,
    clearImmediate,
    queueMicrotask,
    performance: { now: () => performance.now() },
    navigator: { product: 'ReactNative' },
    WebSocket,
  });
  runInContext(
    `globalThis.window = globalThis.self = globalThis.global = globalThis;
     for (const [owner, names] of [
       [globalThis, ['SharedArrayBuffer', 'Atomics', 'WebAssembly', 'Iterator', 'FinalizationRegistry']],
       [Array.prototype, ['toSorted', 'toReversed', 'toSpliced', 'with']],
       [Array, ['fromAsync']],
       [String.prototype, ['isWellFormed', 'toWellFormed']],
       [Object, ['groupBy']],
       [Map, ['groupBy']],
       [Promise, ['withResolvers', 'try']],
       [Set.prototype, ['union', 'intersection', 'difference', 'isSubsetOf']],
       [Symbol, ['dispose', 'asyncDispose']],
     ]) for (const name of names) delete owner[name];
     ${ABORT_CONTROLLER}
     ${URL_CLASS}`,
    realm,
  );
  return realm;
}

/** As in the package that React Native takes it from: `abort()` keeps no reason, and there are no static methods. */
const ABORT_CONTROLLER = `
  class AbortSignal {
    aborted = false;
    onabort = null;
    #listeners = new Map();
    addEventListener(type, listener, options) {
      if (type === 'abort') this.#listeners.set(listener, options?.once === true);
    }
    removeEventListener(type, listener) {
      this.#listeners.delete(listener);
    }
    dispatchEvent(event) {
      this.onabort?.(event);
      for (const [listener, once] of [...this.#listeners]) {
        if (once) this.#listeners.delete(listener);
        typeof listener === 'function' ? listener.call(this, event) : listener.handleEvent(event);
      }
      return true;
    }
  }
  class AbortController {
    signal = new AbortSignal();
    abort() {
      if (this.signal.aborted) return;
      this.signal.aborted = true;
      this.signal.dispatchEvent({ type: 'abort', target: this.signal });
    }
  }
  Object.assign(globalThis, { AbortController, AbortSignal });`;

/** React Native's keeps the text, and does not take it apart reliably. */
const URL_CLASS = `
  globalThis.URL = class URL {
    constructor(text) {
      this.href = String(text);
    }
    toString() {
      return this.href;
    }
  };`;
