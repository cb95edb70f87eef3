import type { UserId } from '@tidemark/core';
/** Users of one bucket, at most CHUNK. */
export interface UserGroup {
    readonly bucket: number;
    readonly userIds: readonly UserId[];
}
export declare function byBucket(userIds: Iterable<UserId>): UserGroup[];
/**
 * The groups of each script. On a cluster a script has one bucket, since another may be on another server. On one server
 * it has all, up to CHUNK users: what a script costs beside its users is then paid once per call, not once per bucket.
 */
export declare function byScript(userIds: Iterable<UserId>, { isCluster }: {
    readonly isCluster: boolean;
}): UserGroup[][];
