/**
 * Surroundings: what the device says of its network and its screen. The browser's is picked by itself; React Native's is
 * made of NetInfo and AppState. To whoever implements it:
 *
 *  - `network` is false only when nothing can get through; when in doubt it is true, and attempts tell.
 *  - Listeners are called after the change. `shown` may be told again without having been hidden.
 *  - Nothing is touched before `subscribe`, and nothing is left after its end.
 */
export interface Surroundings {
    /** False without a network, and while the page is frozen or in the back/forward cache. */
    readonly network: boolean;
    /** Whether someone may be looking. Timers run late where no one is. */
    readonly visible: boolean;
    subscribe(listener: (change: SurroundingsChange) => void): () => void;
}
export type SurroundingsChange = 'network gone' | 'network back' | 'shown';
/** The subset of a page's or worker's globals that is read. */
interface BrowserGlobals {
    readonly document?: Target & {
        readonly visibilityState?: string;
    };
    readonly navigator?: {
        readonly onLine?: boolean;
    };
    addEventListener?: Target['addEventListener'];
    removeEventListener?: Target['removeEventListener'];
}
interface Target {
    addEventListener(type: string, listener: () => void): void;
    removeEventListener(type: string, listener: () => void): void;
}
/**
 * The page or worker this runs in. On `pagehide` and `freeze` the network counts as gone, so that the socket is closed and
 * the page may enter the back/forward cache; `pageshow` and `resume` bring it back. Where there are no such events (Node),
 * there always is a network.
 */
export declare function browserSurroundings(globals?: BrowserGlobals): Surroundings;
export {};
