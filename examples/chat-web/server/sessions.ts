import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { type ChatLimits, LimitReached } from './limits.ts';
import { writePrivateFile } from './private-files.ts';

/** A sign-in lasts so long. */
const LIFETIME_MS = 30 * 24 * 3_600_000;

/** A sign-in of one user on one device, from signing in to signing out. */
export interface Session {
  /** SHA-256 of its token. The token itself is nowhere on the server: whoever reads its files can't sign in with them. */
  readonly id: string;
  readonly userId: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export type SessionEnd = 'signed-out' | 'expired' | 'displaced';

export interface Sessions {
  /** Begins one, and returns its token. Throws {@link LimitReached}. */
  begin(userId: string): string;
  /** Undefined when the token is missing, unknown, expired, or its session was ended. */
  find(token: string | null | undefined): Session | undefined;
  /** From now on its token is worth nothing. */
  end(session: Session): void;
  /** Ends those whose time is over; to be called now and then, for their open connections. */
  sweep(): void;
}

const kept = z.array(z.strictObject({ id: z.string(), userId: z.string(), expiresAt: z.number() }));

/**
 * Sessions in a file, so that a restart signs nobody out. An application keeps them in its database, or takes those of its
 * sign-in library; what matters is that the server remembers each one, and so can end it.
 *
 * @param onEnd is to close what the session has open
 * @param now milliseconds since 1970
 */
export function openSessions(
  path: string,
  limits: Pick<ChatLimits, 'sessions' | 'sessionsPerUser'>,
  onEnd: (session: Session, why: SessionEnd) => void,
  now: () => number = Date.now,
): Sessions {
  const stored = existsSync(path) ? kept.parse(JSON.parse(readFileSync(path, 'utf8'))) : [];
  // In the order in which they began.
  const sessions = new Map<string, Session>(stored.map((session) => [session.id, session]));

  function remove(ended: readonly Session[], why: SessionEnd): void {
    const removed = ended.filter(({ id }) => sessions.delete(id));
    if (removed.length === 0) return;
    save();
    for (const session of removed) onEnd(session, why);
  }

  function save(): void {
    writePrivateFile(path, JSON.stringify([...sessions.values()]));
  }

  function sweep(): void {
    const at = now();
    remove(
      [...sessions.values()].filter(({ expiresAt }) => expiresAt <= at),
      'expired',
    );
  }

  return {
    begin: (userId) => {
      sweep();
      const own = [...sessions.values()].filter((session) => session.userId === userId);
      remove(own.slice(0, Math.max(0, own.length + 1 - limits.sessionsPerUser)), 'displaced');
      if (sessions.size >= limits.sessions) {
        throw new LimitReached('sessions', `${limits.sessions} people are signed in, and the server takes no more`);
      }
      const token = randomBytes(32).toString('base64url');
      const id = hashOf(token);
      sessions.set(id, { id, userId, expiresAt: now() + LIFETIME_MS });
      save();
      return token;
    },
    // Found by its hash: how long that takes tells nothing of the tokens that exist.
    find: (token) => {
      const session = token ? sessions.get(hashOf(token)) : undefined;
      return session && session.expiresAt > now() ? session : undefined;
    },
    end: (session) => remove([session], 'signed-out'),
    sweep,
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
