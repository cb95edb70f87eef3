/** What the stock SSE link calls of an EventSource. */
export interface EventSourceLike {
    readonly readyState: number;
    readonly CLOSED: number;
    addEventListener(type: string, listener: (event: EventSourceMessage) => void): void;
    close(): void;
}
/** `CLOSED` with an `error`: it will not try again. */
export interface EventSourceMessage {
    readonly type: string;
    readonly data: string;
    readonly lastEventId: string;
}
export interface EventSourcePorts {
    /** Asks for the stream, with the identity of the moment; may wait for a network. */
    request(url: string, init: {
        headers: Record<string, string>;
        signal: AbortSignal;
    }): Promise<Response>;
    /** Before the next attempt, after so many failures in a row. */
    wait(failures: number, signal: AbortSignal): Promise<void>;
    /** Every source is in it from its beginning until it is closed. */
    readonly sources: Set<RestartableSource>;
    /** A stream opened or ended. */
    changed(): void;
}
/** A stream that can be asked for anew, from where it is. */
export interface RestartableSource {
    readonly isOpen: boolean;
    /** At once: what is open is dropped, and a wait ends. */
    restart(): void;
}
/**
 * EventSource over fetch. The platform's own can neither send a header, so that the token would stand in the URL and in
 * every log, nor tell a refused identity from a dead network; and Node before 24 has none.
 *
 * Reconnects by itself with `Last-Event-ID` after a network failure, a 5xx or the end of the stream. Any other status is
 * final, and what the server says of it is passed on as a tRPC error.
 */
export declare function fetchEventSource(ports: EventSourcePorts): new (url: string) => EventSourceLike;
