import {
  type Clock,
  DeploymentError,
  type Difference,
  type NodeId,
  type Storage,
  UnavailableError,
} from '@tidemark/core';
import type { Health } from '../health.ts';
import type { ServerEventBus } from '../server-events.ts';
import type { SetBackWatch } from '../store/set-back-watch.ts';
import { BACKPLANE_VERSION, type Claim, type Claims, isSameClaim, type Standing, stampOf } from './claims.ts';

/**
 * This process as a part of its deployment. At start it claims the backplane in the name of its store, and renews that with
 * every heartbeat, so that a backplane that was emptied is claimed anew. When the claim turns out to be another's, it takes no
 * part until that is over: it queues nothing and writes no partition, while it goes on to serve what it reads from the store.
 * With the claim the processes tell each other how far the store has come, so that one that was set back is noticed.
 *
 * Keeps   P12 nothing of another deployment is carried out or shown
 * Proved  test/deployment/deployment.test.ts, test/fault/second-deployment.services.test.ts
 */
export class Deployment {
  readonly #options: DeploymentOptions;
  readonly #closing = new AbortController();
  #claim: Claim | undefined;
  #refusal: DeploymentError | undefined;
  #heartbeat: Promise<void> = Promise.resolve();

  constructor(options: DeploymentOptions) {
    this.#options = options;
  }

  /**
   * Claims the backplane. The store is open.
   *
   * @throws DeploymentError when it is another's, or set up so that a promise would be broken; UnavailableError
   */
  async join(): Promise<void> {
    const { claims, storage, partitions } = this.#options;
    const identity = await storage.history.identity();
    const claim: Claim = { identity, epoch: storage.inbox.epoch, partitions, version: BACKPLANE_VERSION };
    await claims.check();
    const standing = await this.#take(claim);
    if (!isSameClaim(standing.claim, claim)) throw refusalOf(claim, standing, claims.place);
    await this.#options.setBacks.heard(standing.reached);
    this.#claim = claim;
    this.#heartbeat = this.#beat(claim);
  }

  /** What everything that this deployment puts into the backplane carries. */
  get stamp(): string {
    return this.#claim ? stampOf(this.#claim) : '';
  }

  /** Why this process takes no part; undefined when it does. */
  get refusal(): DeploymentError | undefined {
    return this.#refusal;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#heartbeat;
    if (this.#claim) await this.#options.claims.leave(this.#options.nodeId).catch(ignoreUnavailable);
  }

  get #ttl(): number {
    return this.#options.leaseTtlMs;
  }

  async #beat(claim: Claim): Promise<void> {
    const { clock, events } = this.#options;
    const { signal } = this.#closing;
    const delayMs = this.#ttl / 3;
    for (let attempt = 0; ; ) {
      await clock.sleep(delayMs, signal);
      if (signal.aborted) return;
      try {
        const standing = await this.#take(claim);
        attempt = 0;
        this.#judge(claim, standing);
        if (!this.#refusal) this.#compare(standing);
      } catch (error) {
        events.emit('retried', { what: 'claim', attempt: attempt++, delayMs, error });
      }
    }
  }

  #take(claim: Claim): Promise<Standing> {
    const { claims, nodeId, setBacks } = this.#options;
    return claims.take(claim, nodeId, this.#ttl, setBacks.report());
  }

  /** The next heartbeat does not wait for it: a store that hangs must not cost the claim. */
  #compare({ reached }: Standing): void {
    const { setBacks, events } = this.#options;
    setBacks.heard(reached).catch((error: unknown) => {
      if (this.#closing.signal.aborted) return;
      events.emit('retried', { what: 'witness', attempt: 0, delayMs: this.#ttl / 3, error });
    });
  }

  #judge(claim: Claim, standing: Standing): void {
    const { claims, events, health } = this.#options;
    if (isSameClaim(standing.claim, claim)) {
      this.#refusal = undefined;
      health.well('deployment');
      return;
    }
    const isNew = this.#refusal === undefined;
    this.#refusal = refusalOf(claim, standing, claims.place);
    health.trouble('deployment', this.#refusal.message, { isFinal: true });
    if (isNew) events.emit('deployment-refused', { error: this.#refusal });
  }
}

export interface DeploymentOptions {
  readonly claims: Claims;
  readonly storage: Storage;
  readonly nodeId: NodeId;
  readonly partitions: number;
  /** ms after which a silent process is taken for dead. */
  readonly leaseTtlMs: number;
  readonly setBacks: SetBackWatch;
  readonly clock: Clock;
  readonly events: ServerEventBus;
  readonly health: Health;
}

function refusalOf(ours: Claim, { claim, processes, queued }: Standing, place: string): DeploymentError {
  const named: Record<keyof Claim, string> = {
    identity: "the store's identity",
    epoch: "the inbox store's epoch",
    partitions: 'the number of partitions',
    version: 'the version of the backplane',
  };
  const differs: Difference[] = (Object.keys(named) as (keyof Claim)[])
    .filter((key) => ours[key] !== claim[key])
    .map((key) => ({ what: named[key], here: ours[key], there: claim[key] }));
  return new DeploymentError(differs, adviceFor(ours.identity === claim.identity, processes, queued, place));
}

function adviceFor(isSameStore: boolean, processes: number, queued: number, place: string): string {
  if (!isSameStore) {
    return (
      `${place} belongs to another deployment: give this one a keyPrefix or a Redis of its own. ` +
      'Only when the store of that one is gone for good, call releaseDeployment().'
    );
  }
  if (queued > 0) {
    return `${place} still holds ${queued} commands of before: run processes as they were until these are carried out.`;
  }
  return `${place} is in use by ${processes} processes as they were: stop these first. This cannot be changed while they run.`;
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof UnavailableError)) throw error;
}
