import { type InboxStore, newEpoch } from '@tidemark/core';

/**
 * The step of an operator after a restore that cursors may not tell apart, while no process of the deployment runs:
 *
 *     await rebuildAllDevices(postgresStorage({ pool }));
 *
 * `storage` is what the processes give to `createMessaging`. Every device takes a snapshot when it connects next.
 */
export async function rebuildAllDevices(storage: { readonly inbox: InboxStore }): Promise<void> {
  console.log(`the store has the epoch ${await newEpoch(storage)} from now on`);
}
