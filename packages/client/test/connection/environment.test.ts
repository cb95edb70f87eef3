import { describe, expect, it } from 'vitest';
import { browserEnvironment, type EnvironmentChange } from '../../src/connection/environment.ts';

/** A page as far as it is read, with its listeners counted. */
function page() {
  let listening = 0;
  class Target extends EventTarget {
    override addEventListener(type: string, listener: () => void): void {
      listening += 1;
      super.addEventListener(type, listener);
    }
    override removeEventListener(type: string, listener: () => void): void {
      listening -= 1;
      super.removeEventListener(type, listener);
    }
  }
  const document = Object.assign(new Target(), { visibilityState: 'visible' });
  const navigator = { onLine: true };
  const globals = Object.assign(new Target(), { document, navigator });
  const changes: EnvironmentChange[] = [];
  const environment = browserEnvironment(globals);
  return {
    environment,
    document,
    navigator,
    changes,
    subscribe: () => environment.subscribe((change) => changes.push(change)),
    tell: (target: EventTarget, type: string) => target.dispatchEvent(new Event(type)),
    globals,
    listening: () => listening,
  };
}

describe('the environment of a page', () => {
  it('touch nothing until they are subscribed to, and leave nothing', () => {
    const one = page();
    expect(one.listening()).toBe(0);
    const end = one.subscribe();
    expect(one.listening()).toBe(7);
    end();
    expect(one.listening()).toBe(0);
  });

  it('tell once that the network is gone, and once that it is back', () => {
    const one = page();
    one.subscribe();
    one.navigator.onLine = false;
    one.tell(one.globals, 'offline');
    one.tell(one.globals, 'offline');
    expect(one.environment.network).toBe(false);
    one.navigator.onLine = true;
    one.tell(one.globals, 'online');
    one.tell(one.globals, 'online');
    expect(one.environment.network).toBe(true);
    expect(one.changes).toEqual(['network-gone', 'network-back']);
  });

  it('have no network while the page is in the back/forward cache or frozen', () => {
    const one = page();
    one.subscribe();
    one.tell(one.globals, 'pagehide');
    one.tell(one.document, 'freeze');
    expect(one.environment.network).toBe(false);
    one.tell(one.document, 'resume');
    one.tell(one.globals, 'pageshow');
    expect(one.changes).toEqual(['network-gone', 'network-back']);
  });

  it('still have none when the page is restored into a dead network', () => {
    const one = page();
    one.subscribe();
    one.tell(one.globals, 'pagehide');
    one.navigator.onLine = false;
    one.tell(one.globals, 'pageshow');
    expect(one.environment.network).toBe(false);
    expect(one.environment.frozen).toBe(false);
    // Nothing has changed about the network, but the page runs again, and may try.
    expect(one.changes).toEqual(['network-gone', 'shown']);
  });

  it('say when the page is shown, not when it is hidden', () => {
    const one = page();
    one.subscribe();
    one.document.visibilityState = 'hidden';
    one.tell(one.document, 'visibilitychange');
    expect(one.environment.visible).toBe(false);
    one.document.visibilityState = 'visible';
    one.tell(one.document, 'visibilitychange');
    expect(one.changes).toEqual(['shown']);
  });

  it('always have a network where nothing tells of one', () => {
    const none = browserEnvironment({});
    expect([none.network, none.visible]).toEqual([true, true]);
    none.subscribe(() => undefined)();
  });
});
