import { keep, kept, removeKept } from './kept.ts';

/** Who is signed in, as this browser keeps it. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

/** Longer than a person waits for a button. */
const SIGN_OUT_MS = 8_000;

/** A demonstration asks for a name only; an application asks for a proof here. */
export async function signIn(name: string): Promise<Account> {
  const answer = await post('/sign-in', { body: JSON.stringify({ name }) });
  const body = (await answer.json()) as Account & { error?: string };
  if (!answer.ok) throw new Error(body.error ?? 'The server did not sign you in.');
  const account = { id: body.id, name: body.name, token: body.token };
  keep(account.id, 'account', account);
  return account;
}

export function accountOf(userId: string): Account | undefined {
  return kept<Account>(userId, 'account');
}

/**
 * The token for the next attempt to connect. With `refresh` the server refused the last one, and the sign-in is over (`null`):
 * here a token is good for as long as its session. Where yours are renewed, fetch the next one then.
 */
export async function tokenOf(account: Account, { refresh }: { refresh: boolean }): Promise<string | null> {
  const token = accountOf(account.id)?.token ?? null;
  // Another window has signed in again.
  return refresh && token === account.token ? null : token;
}

/** Ends the session on the server, and with it whatever else uses its token. Rejects when the server does not answer. */
export async function endSession({ token }: Account): Promise<void> {
  const answer = await post('/sign-out', {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(SIGN_OUT_MS),
  });
  if (!answer.ok) throw new Error(`signing out was answered with ${answer.status}`);
}

/** Removes everything this page keeps of a user besides the messages. */
export function forgetAccount(userId: string): void {
  removeKept(userId);
}

function post(path: string, { headers, ...init }: RequestInit): Promise<Response> {
  return fetch(path, { ...init, method: 'POST', headers: { 'content-type': 'application/json', ...headers } });
}
