import { type Clock } from '@tidemark/core';
import type { TabMessage } from './tab-message.ts';
/** What only the leader does, by name. Input and answer are JSON; doing it twice must be doing it once. */
export type LeaderWork = Readonly<Record<string, (input: never) => Promise<unknown>>>;
type InputOf<F> = F extends (input: infer I) => Promise<unknown> ? I : never;
/**
 * The line to whoever leads: in the leader itself a call, in another tab a question that is asked again of the next leader
 * when this one goes before it has answered. Questions keep their order.
 */
export interface LeaderLine<W extends LeaderWork> {
    ask<K extends keyof W & string>(name: K, input: InputOf<W[K]>): ReturnType<W[K]>;
    /** This tab leads, until it is said to follow. */
    lead(): void;
    follow(): void;
    /** Another tab leads, and is ready: what is open is asked of it. */
    leaderIs(tab: string): void;
    take(message: Extract<TabMessage, {
        type: 'ask' | 'answer';
    }>): void;
    /** Rejects what is open. */
    close(error: Error): void;
}
export declare function createLeaderLine<W extends LeaderWork>(options: {
    readonly tab: string;
    readonly work: W;
    readonly clock: Clock;
    readonly closing: AbortSignal;
    readonly post: (message: TabMessage) => void;
    /** A question waits long. */
    readonly onDoubt: () => void;
}): LeaderLine<W>;
export {};
