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

export type TokenSource = (why: { readonly refresh: boolean }) => string | null | Promise<string | null>;

/** Once refused: the next token is a fresh one. Refused again, or nobody signed in: `signOut`. */
export function createIdentity(source: TokenSource | undefined, signOut: () => void): Identity {
  let refusals = 0;
  let refreshing: Promise<string | null> | undefined;

  async function refreshed(ask: TokenSource): Promise<string | null> {
    try {
      return await ask({ refresh: true });
    } finally {
      refreshing = undefined;
    }
  }

  return {
    get refusals() {
      return refusals;
    },
    token: async () => {
      if (!source) return '';
      if (refusals > 0) refreshing ??= refreshed(source);
      const token = await (refreshing ?? source({ refresh: false }));
      if (token !== null) return token;
      signOut();
      throw new Error('nobody is signed in');
    },
    accepted: () => {
      refusals = 0;
    },
    doubt: () => {
      refusals = Math.max(refusals, 1);
    },
    refused: (seen = refusals) => {
      if (seen === refusals) refusals += 1;
      if (refusals > 1) signOut();
    },
  };
}
