import type { HealthReport, HealthStatus } from './health-report.ts';
import type { ServerEventBus } from './server-events.ts';

/** Keeps what is wrong, and tells when that changes: the event `health-changed`. */
export class Health {
  readonly #events: ServerEventBus;
  readonly #troubles = new Map<string, { readonly text: string; readonly isFinal: boolean }>();
  #phase: 'starting' | 'open' | 'closed' = 'starting';
  #reported = '';

  constructor(events: ServerEventBus) {
    this.#events = events;
  }

  /** Something keeps part of the work from being done. @param isFinal it will not pass by itself */
  trouble(what: string, text: string, { isFinal = false } = {}): void {
    this.#troubles.delete(what);
    this.#troubles.set(what, { text, isFinal });
    this.#tell();
  }

  /** That is over. */
  well(what: string): void {
    if (this.#troubles.delete(what)) this.#tell();
  }

  opened(): void {
    if (this.#phase === 'starting') this.#phase = 'open';
    this.#tell();
  }

  closed(): void {
    this.#phase = 'closed';
    this.#tell();
  }

  report(): HealthReport {
    const reasons = [...this.#troubles].map(([what, { text }]) => ({ what, text }));
    return { status: this.#status(), reasons };
  }

  #status(): HealthStatus {
    if (this.#phase === 'closed') return 'closed';
    const troubles = [...this.#troubles.values()];
    if (troubles.some(({ isFinal }) => isFinal)) return 'refused';
    if (this.#phase === 'starting') return 'starting';
    return troubles.length > 0 ? 'degraded' : 'ok';
  }

  /** Each state once: its texts may hold numbers that move. */
  #tell(): void {
    const report = this.report();
    const state = `${report.status} ${report.reasons.map(({ what }) => what).join(' ')}`;
    if (state === this.#reported) return;
    this.#reported = state;
    this.#events.emit('health-changed', report);
  }
}
