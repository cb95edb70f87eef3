/** What to tell a person of an error of the client: its code says what kind it is, its detail what it was. */
export function problemOf(error: unknown): string {
  const { code, detail, policy } = error as { code?: string; detail?: string; policy?: string };
  if (code === 'not_a_member') return 'You are no longer a member of this group.';
  if (policy === 'give-up') return `The server refused: ${detail}`;
  return 'The server does not answer. Try again when the connection is back.';
}
