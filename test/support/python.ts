import { findProgram } from './services/system.ts';

/** The path of Python 3, which the client in another language needs. Throws an error that says what to install. */
export async function findPython(): Promise<string> {
  const found = findProgram('python3');
  if (found) return found;
  throw new Error(
    'Python 3 is needed and is not on PATH. Install it (Debian: apt-get install python3; macOS: brew install python).',
  );
}
