import { keep, kept, removeKept } from './kept.ts';

/** Who is signed in, as this browser keeps it. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

/** A demonstration asks for a name only; an application asks for a proof here. */
export async function signIn(name: string): Promise<Account> {
  const answer = await post('/sign-in', { name });
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
 * The token for the next attempt to connect. With `refresh` the server refused the last one: it is exchanged for a new
 * one, or the sign-in is over (`null`).
 */
export async function tokenOf(userId: string, { refresh }: { refresh: boolean }): Promise<string | null> {
  const account = accountOf(userId);
  if (!account) return null;
  if (!refresh) return account.token;
  const answer = await post('/renew', {}, account.token);
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`renewing the token failed with ${answer.status}`);
  const { token } = (await answer.json()) as { token: string };
  keep(userId, 'account', { ...account, token });
  return token;
}

/** Removes everything this page keeps of a user besides the messages. */
export function forgetAccount(userId: string): void {
  removeKept(userId);
}

function post(path: string, body: object, token?: string): Promise<Response> {
  return fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });
}
