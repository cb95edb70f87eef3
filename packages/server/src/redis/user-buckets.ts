import type { UserId } from '@tidemark/core';
import { hashOf } from '../hash.ts';

/**
 * What belongs to users is spread over this many hash tags, so over up to as many servers of a cluster; a call for many
 * users becomes at most this many. Part of the layout: another number would look for users where they are not.
 */
const USER_BUCKETS = 16;

/** Users in one script at most, so that no script holds Redis up for more than about a millisecond. */
const CHUNK = 500;

/** Users of one bucket, at most CHUNK. */
export interface UserGroup {
  readonly bucket: number;
  readonly userIds: readonly UserId[];
}

function bucketOf(userId: UserId): number {
  return hashOf(userId) % USER_BUCKETS;
}

export function byBucket(userIds: Iterable<UserId>): UserGroup[] {
  const open = new Map<number, UserId[]>();
  const groups: UserGroup[] = [];
  for (const userId of userIds) {
    const bucket = bucketOf(userId);
    const group = open.get(bucket);
    if (group && group.length < CHUNK) {
      group.push(userId);
      continue;
    }
    const created = [userId];
    open.set(bucket, created);
    groups.push({ bucket, userIds: created });
  }
  return groups;
}

/**
 * The groups of each script. On a cluster a script has one bucket, since another may be on another server. On one server
 * it has all, up to CHUNK users: what a script costs beside its users is then paid once per call, not once per bucket.
 */
export function byScript(userIds: Iterable<UserId>, { isCluster }: { readonly isCluster: boolean }): UserGroup[][] {
  const scripts: UserGroup[][] = [];
  let users = Number.POSITIVE_INFINITY;
  for (const group of byBucket(userIds)) {
    users += group.userIds.length;
    if (isCluster || users > CHUNK) {
      scripts.push([]);
      users = group.userIds.length;
    }
    scripts.at(-1)?.push(group);
  }
  return scripts;
}
