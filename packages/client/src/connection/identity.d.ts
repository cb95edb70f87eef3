/** The token of the signed-in user, and how often in a row the server refused it. One for both roads. */
export interface Identity {
    readonly refusals: number;
    /** The token for the next attempt or request; '' when the connection has none to send. Rejects when it cannot be had. */
    token(): Promise<string>;
    accepted(): void;
    /** The next token is fetched anew. */
    doubt(): void;
    /** `seen`: the refusals when the token was asked for. Many requests refused with one token are one refusal. */
    refused(seen?: number): void;
}
export type TokenSource = (why: {
    readonly refresh: boolean;
}) => string | null | Promise<string | null>;
/** Once refused: the next token is a fresh one. Refused again, or nobody signed in: `signOut`. */
export declare function createIdentity(source: TokenSource | undefined, signOut: () => void): Identity;
