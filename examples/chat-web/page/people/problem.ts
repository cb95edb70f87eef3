/** The code of an error of the client, or of one that a call of the server was answered with. */
export function codeOf(error: unknown): string | undefined {
  const { code, message } = error as { code?: string; message?: string };
  // A call over a link of one's own throws tRPC's error; Tidemark's code begins its text.
  return code ?? /^([a-z_]+)(?: \[[^\]]*\])?: /.exec(message ?? '')?.[1];
}

/** What to tell a person of an error of the client: its code says what kind it is, its detail what it was. */
export function problemOf(error: unknown): string {
  const { detail, policy } = error as { detail?: string; policy?: string };
  const code = codeOf(error);
  if (code === 'not_a_member' || code === 'conversation_not_found') return 'You are no longer a member of this group.';
  if (policy === 'give-up') return `The server refused: ${detail}`;
  if (code === 'rate_limited') return 'That was too much at once. Try again in a moment.';
  return 'The server does not answer. Try again when the connection is back.';
}
