import type { NodeId, UserId } from '@tidemark/core';
import type { Presence } from './presence.ts';
/** Per node: its users and until when, in milliseconds of `now`. */
export type MemoryOnline = Map<NodeId, Map<UserId, number>>;
/** Presence in memory. @param now milliseconds that never go back */
export declare function memoryPresence(online: MemoryOnline, now: () => number): Presence;
