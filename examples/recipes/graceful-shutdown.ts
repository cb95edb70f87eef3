import type { Server } from 'node:http';

/**
 * Ends a process without losing anything: `process.once('SIGTERM', () => shutDown(server, messaging).then(() => process.exit()))`.
 *
 * New connections are refused first, so that whoever balances the load sends clients elsewhere. `messaging.close()` then refuses new
 * commands, finishes those in work, and closes sockets with 1012, after which clients connect to another process; it takes
 * `tuning.closeTimeoutMs` (10 s) at most. Give the process longer than that before it is killed (Kubernetes: 30 s unless set).
 */
export async function shutDown(server: Server, messaging: { close(): Promise<void> }): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  await messaging.close();
  server.closeIdleConnections();
  await closed;
}
