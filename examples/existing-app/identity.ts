import { jwtVerify, SignJWT } from 'jose';

export interface User {
  readonly id: string;
  readonly name: string;
}

const ALGORITHM = 'HS256';

/** The application's own sign-in. The secret has no default: a forgotten one must not become a known one. */
export function createIdentity(secretText: string | undefined) {
  if (!secretText || secretText.length < 32) throw new Error('AUTH_SECRET must be set, to at least 32 characters');
  const secret = new TextEncoder().encode(secretText);
  return {
    issue: (user: User, lifetime = '15m'): Promise<string> =>
      new SignJWT({ name: user.name })
        .setProtectedHeader({ alg: ALGORITHM })
        .setSubject(user.id)
        .setExpirationTime(lifetime)
        .sign(secret),
    /** Undefined for a token that is missing, forged or expired. */
    verify: async (token: string | null | undefined): Promise<User | undefined> => {
      if (!token) return undefined;
      try {
        const { payload } = await jwtVerify(token, secret, { algorithms: [ALGORITHM] });
        return payload.sub === undefined ? undefined : { id: payload.sub, name: String(payload['name']) };
      } catch {
        return undefined;
      }
    },
  };
}
