/**
 * Small things of one user in localStorage: who is signed in, names, drafts. Where it is full or forbidden they are kept until
 * the page closes.
 */

const PREFIX = 'tidemark-chat';
/** What localStorage did not take. */
const unstored = new Map<string, string>();

export function keep(userId: string, name: string, value: unknown): void {
  const [key, text] = [keyOf(userId, name), JSON.stringify(value)];
  try {
    localStorage.setItem(key, text);
    unstored.delete(key);
  } catch {
    unstored.set(key, text);
  }
}

export function kept<T>(userId: string, name: string): T | undefined {
  const key = keyOf(userId, name);
  try {
    const text = unstored.get(key) ?? localStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** Removes one thing, or without a name everything of the user. */
export function removeKept(userId: string, name?: string): void {
  const isMeant = (key: string): boolean =>
    name === undefined ? key.startsWith(keyOf(userId, '')) : key === keyOf(userId, name);
  for (const key of [...unstored.keys()].filter(isMeant)) unstored.delete(key);
  try {
    for (const key of Object.keys(localStorage).filter(isMeant)) localStorage.removeItem(key);
  } catch {
    // Forbidden: nothing is in it.
  }
}

/** Names that begin like this one, of what is in localStorage. */
export function keptNames(userId: string, beginning: string): string[] {
  const start = keyOf(userId, beginning);
  const keys = [...unstored.keys()];
  try {
    keys.push(...Object.keys(localStorage));
  } catch {
    // Forbidden: nothing is in it.
  }
  return keys.filter((key) => key.startsWith(start)).map((key) => key.slice(keyOf(userId, '').length));
}

/** Calls back when another window changes something of the user. */
export function onKeptElsewhere(userId: string, listener: (name: string) => void): void {
  const start = keyOf(userId, '');
  addEventListener('storage', ({ key }) => {
    if (key?.startsWith(start)) listener(key.slice(start.length));
  });
}

function keyOf(userId: string, name: string): string {
  return `${PREFIX}/${userId}/${name}`;
}
