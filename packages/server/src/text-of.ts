/** A failure as text, for a log or a person. Errors that gather others (a host with several addresses) have a code and no message. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as { code?: unknown }).code ?? error.name);
}
