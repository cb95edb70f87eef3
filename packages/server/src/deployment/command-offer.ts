import { type NodeId, TidemarkError } from '@tidemark/core';
import { KNOWN_TO_WORKERS } from '../features/commands.ts';
import type { LiveWorker, NodeRole, Nodes } from '../notify/nodes.ts';

/** Names in the text of an error at most. */
const NAMED = 5;

/**
 * The commands that this process offers: those that every live worker knows. During an upgrade workers of two releases share the
 * partitions, and one that does not know a command could only send it back.
 *
 * Offering asks nobody: the process goes by the list of workers that it reads with each heartbeat anyway, so the offer follows a
 * worker that joins or leaves after `leaseTtlMs / 3` at most. A command that reaches a worker in between that does not know it is
 * answered by that worker as `unavailable`, too, and is not parked. Where no worker is listed every command is offered: it waits
 * in the queue, as all do.
 *
 * Keeps   P22 versions mix
 * Proved  test/deployment/command-offer.test.ts, test/mixed/older-worker.services.test.ts
 */
export class CommandOffer implements Nodes {
  readonly #nodes: Nodes;
  readonly #tooOld = new Map<string, readonly NodeId[]>();

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  announce(nodeId: NodeId, role: NodeRole, ttl: number, commands: readonly string[]): Promise<void> {
    return this.#nodes.announce(nodeId, role, ttl, commands);
  }

  withdraw(nodeId: NodeId): Promise<void> {
    return this.#nodes.withdraw(nodeId);
  }

  async workers(): Promise<LiveWorker[]> {
    const workers = await this.#nodes.workers();
    for (const name of KNOWN_TO_WORKERS) {
      const tooOld = workers.filter(({ commands }) => !commands.includes(name)).map(({ nodeId }) => nodeId);
      if (tooOld.length > 0) this.#tooOld.set(name, tooOld.sort());
      else this.#tooOld.delete(name);
    }
    return workers;
  }

  /**
   * @param name a type of command, or `<type>.<field>`
   * @throws TidemarkError `unavailable` naming the workers that are too old for it
   */
  require(name: string): void {
    const tooOld = this.#tooOld.get(name);
    if (!tooOld) return;
    const more = tooOld.length > NAMED ? ` and ${tooOld.length - NAMED} more` : '';
    const names = tooOld.slice(0, NAMED).join(', ') + more;
    throw new TidemarkError('unavailable', `${name} needs every worker to know it, and these are too old: ${names}`);
  }
}
