/**
 * Control: some other messaging system, as the controls use it: the least that any of them can do. A control shows two
 * things about the checker: it finds what the system loses or repeats, and finds nothing where nothing is lost. To whoever
 * writes one:
 *
 *  - Use the system as its own documentation advises for the best delivery it offers by itself, without a database of the
 *    application's beside it.
 *  - `send` is what an application would take as success. What the system then owes is that every device of both members
 *    gets the message; the sending device too.
 *  - `onMessage` is called for every arrival, as often as it arrives: nothing is filtered.
 */
export interface Control {
  readonly name: string;
  /** How it is set up, in a line. */
  readonly about: string;
  /** The program of one server; it reads {@link ControlServerSettings}. */
  readonly program: URL;
  connect(device: ControlDeviceOptions): ControlDevice;
}

/** Everything a message is; on the wire it is JSON. */
export interface ControlMessage {
  /** Unique in the run. */
  readonly id: string;
  readonly conversationId: string;
  readonly senderId: string;
  /** 1, 2, 3 … per conversation, in the order of sending: each has one sender, who waits for each acknowledgement. */
  readonly n: number;
  readonly text: string;
}

export interface ControlDeviceOptions {
  readonly port: number;
  readonly userId: string;
  readonly deviceId: string;
  readonly conversationIds: readonly string[];
  readonly onMessage: (message: ControlMessage) => void;
}

/** A device that connects again by itself, to the same address. */
export interface ControlDevice {
  /** Whether it is connected and receives what is sent to its conversations. */
  readonly connected: boolean;
  /** Resolves when the system has acknowledged the message; rejects when that is not known to have happened. */
  send(message: ControlMessage): Promise<void>;
  close(): Promise<void>;
}

/** The environment variable with the settings of a server, as JSON. */
export const CONTROL_SERVER = 'TIDEMARK_CONTROL_SERVER';

export interface ControlServerSettings {
  readonly name: string;
  readonly port: number;
  readonly redis: string;
}

export function serverSettings(): ControlServerSettings {
  return JSON.parse(process.env[CONTROL_SERVER] ?? '{}') as ControlServerSettings;
}

/** Devices wait so many ms before they connect again. */
export const RECONNECT_MS = 300;
/** A send that is not acknowledged by then counts as unknown. */
export const SEND_TIMEOUT_MS = 10_000;
