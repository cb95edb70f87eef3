import type { Storage } from '@tidemark/core';

/**
 * A step of a deployment, before its processes start: makes and migrates the tables as somebody who may, so that the processes need
 * no right but to read and write rows.
 *
 *     await migrate(postgresStorage({ pool: owner }));                        // once, in a job
 *     createMessaging({ storage: postgresStorage({ pool, migrate: 'check' }), … }); // in each process
 *
 * It takes a lock, so that two jobs do no harm, and can be repeated after a failure. Run it before the new version is rolled out: a
 * process that finds a store that is not up to date refuses to start, with `DeploymentError`.
 */
export async function migrate(storage: Storage): Promise<void> {
  await storage.open();
  await storage.close();
}
