import { type Attacked, startAttacked } from './start-attacked.ts';
import type { Target } from './target.ts';

/** One server for each target. One that an attack ended, or keeps busy, is replaced. */
export class AttackedServers implements AsyncDisposable {
  #current: { readonly target: Target; readonly server: Attacked } | undefined;

  async of(target: Target): Promise<Attacked> {
    if (this.#current?.target === target && !this.#current.server.hasEnded) return this.#current.server;
    await this[Symbol.asyncDispose]();
    const server = await startAttacked(target);
    this.#current = { target, server };
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#current?.server[Symbol.asyncDispose]();
    this.#current = undefined;
  }
}
