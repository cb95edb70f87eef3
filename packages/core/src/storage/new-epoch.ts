import type { Epoch } from '../ids.ts';
import type { InboxStore } from './inbox-store.ts';

/**
 * Gives a store a new epoch, and returns it: every device that comes with a cursor of before is told so (`reset`, for the reason
 * `epoch`), and rebuilds from a snapshot. No message is touched. For the operator, after a restore that cursors may not tell
 * apart; stop the processes of the deployment first: one of another epoch is refused while they run.
 *
 * @param storage as given to `createMessaging`; it is opened and closed
 * @throws UnavailableError while the store cannot be reached; DeploymentError when it is not one that this version can use
 */
export async function newEpoch({ inbox }: { readonly inbox: InboxStore }): Promise<Epoch> {
  await inbox.open();
  try {
    return await inbox.renewEpoch();
  } finally {
    await inbox.close();
  }
}
