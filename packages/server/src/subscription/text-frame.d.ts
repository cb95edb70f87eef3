/** Bytes with a run of digits at some places, or at none: made once, and written with the number of each recipient. */
export interface Numbered {
    readonly bytes: Buffer;
    readonly places: readonly number[];
}
/** A WebSocket text frame of a server (RFC 6455, 5.2): final, unmasked, uncompressed; header and text are one buffer. */
export declare function textFrame(text: string): Numbered;
/** The answer to a ping: a control frame, whose payload is that of the ping and at most 125 bytes. */
export declare function pongFrame(payload: Buffer): Numbered;
/** A text, between each two of whose parts stand as many digits. */
export declare function numberedText(parts: readonly string[], digits: number): Numbered;
/** The frame of `head` and, behind it, the text. */
export declare function numberedFrame(head: string, text: Numbered): Numbered;
/** Copies it to `target` from `start` on, with the digits of that number; returns where it ends. */
export declare function writeNumbered({ bytes, places }: Numbered, number: number, target: Buffer, start: number): number;
