import { startProgram } from '../frame/program.ts';

export interface SenderSettings {
  readonly url: string;
  readonly senders: readonly string[];
  /** As many as senders, or a multiple. */
  readonly receivers: readonly string[];
  /** Characters that each text is longer by. */
  readonly padding?: number;
}

/** Among the errors: the server, or the network, closed a sender's socket. */
export const CONNECTION_LOST = 'connection lost';

/** What happened during one call. */
export interface Sent {
  readonly seconds: number;
  /** Messages sent for the first time. */
  readonly offered: number;
  readonly acknowledged: number;
  /** ms from the last attempt to the receipt, of those acknowledged. */
  readonly delays: Float64Array;
  /** How many answers were errors, by code; what is not of the error table, by its text. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Devices that send, in a process of their own, see sender-program.ts. */
export interface Sender extends AsyncDisposable {
  flatOut(load: { seconds: number; window: number }): Promise<Sent>;
  paced(load: { seconds: number; rate: number }): Promise<Sent>;
  drain(limit: { seconds: number }): Promise<Sent & { readonly unacknowledged: number }>;
  /** Every message that was acknowledged so far. */
  history(): Promise<readonly { readonly number: number; readonly receiver: string }[]>;
}

export async function startSender(settings: SenderSettings): Promise<Sender> {
  const program = await startProgram(new URL('./sender-program.ts', import.meta.url), { settings });
  return {
    flatOut: (load) => program.call('flatOut', load),
    paced: (load) => program.call('paced', load),
    drain: (limit) => program.call('drain', limit),
    history: () => program.call('history'),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** What is sent and what is received, compared: acknowledged and not delivered, or delivered more than once. */
export function compare(
  sent: readonly { readonly number: number; readonly receiver: string }[],
  received: readonly { readonly user: string; readonly numbers: Float64Array }[],
): { lost: number; duplicated: number } {
  const delivered = new Map(received.map(({ user, numbers }) => [user, new Set(numbers)]));
  return {
    lost: sent.filter(({ number, receiver }) => !delivered.get(receiver)?.has(number)).length,
    duplicated: received.reduce((sum, { user, numbers }) => sum + numbers.length - (delivered.get(user)?.size ?? 0), 0),
  };
}

/** Names `prefix-0`, `prefix-1` … */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}
