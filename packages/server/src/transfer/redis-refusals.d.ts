import type { RedisKeys } from '../redis/keys.ts';
import type { RedisCalls } from '../redis/redis-calls.ts';
import { type Refusal, type Refusals } from './refusals.ts';
/** Refusals on Redis: a stream with expiry per partition; a position is the id of an entry. */
export declare class RedisRefusals implements Refusals {
    #private;
    constructor(calls: RedisCalls, keys: RedisKeys);
    remember(partition: number, refusals: readonly Refusal[]): Promise<void>;
    since(partition: number, position: string | undefined): Promise<{
        refusals: Refusal[];
        position: string | undefined;
    }>;
}
