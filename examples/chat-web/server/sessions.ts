import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const LIFETIME_MS = 12 * 3_600_000;
/** An expired token may be exchanged for a new one for so long. */
const RENEWABLE_MS = 30 * 24 * 3_600_000;

export interface Sessions {
  issue(userId: string): string;
  /** The user of a token; undefined when it is missing, forged or expired. */
  verify(token: string | null | undefined): string | undefined;
  /** A new token for one that was good once. */
  renew(token: string | null | undefined): string | undefined;
}

/**
 * Tokens `<user>.<issued at>.<signature>`. The secret is made at the first start and kept beside the messages, so that a
 * restart signs nobody out; it has no default, since a known secret is none.
 */
export function openSessions(path: string, now: () => number = Date.now): Sessions {
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600 });
  const secret = Buffer.from(readFileSync(path, 'utf8'), 'hex');
  if (secret.length < 32) throw new Error(`${path} holds no secret: remove it, and everybody signs in again`);

  const sign = (text: string): Buffer => createHmac('sha256', secret).update(text).digest();

  function issue(userId: string): string {
    const text = `${Buffer.from(userId).toString('base64url')}.${now()}`;
    return `${text}.${sign(text).toString('base64url')}`;
  }

  function read(token: string | null | undefined, maxAge: number): string | undefined {
    const [user = '', issuedAt = '', signature = ''] = token?.split('.') ?? [];
    const expected = sign(`${user}.${issuedAt}`);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
    return now() - Number(issuedAt) < maxAge ? Buffer.from(user, 'base64url').toString() : undefined;
  }

  return {
    issue,
    verify: (token) => read(token, LIFETIME_MS),
    renew: (token) => {
      const userId = read(token, RENEWABLE_MS);
      return userId === undefined ? undefined : issue(userId);
    },
  };
}
