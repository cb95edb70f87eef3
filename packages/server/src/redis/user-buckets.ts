import type { UserId } from '@tidemark/core';
import { fnv1a } from '../ingress/partition.ts';

/**
 * What belongs to users is spread over this many hash tags, so over up to as many servers of a cluster; a call for many
 * users becomes at most this many. Part of the layout: another number would look for users where they are not.
 */
const USER_BUCKETS = 16;

/** Users in one script at most, so that no script holds Redis up for more than about a millisecond. */
const CHUNK = 500;

function bucketOf(userId: UserId): number {
  return fnv1a(userId) % USER_BUCKETS;
}

/** The users, grouped so that each group can go into one script: of one bucket, and not too many. */
export function byBucket(userIds: Iterable<UserId>): { bucket: number; userIds: UserId[] }[] {
  const open = new Map<number, UserId[]>();
  const groups: { bucket: number; userIds: UserId[] }[] = [];
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
