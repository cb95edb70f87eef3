/** Small things of one user in localStorage: who is signed in, names, drafts. A full or forbidden storage loses only these. */

const PREFIX = 'tidemark-chat';

export function keep(userId: string, name: string, value: unknown): void {
  try {
    localStorage.setItem(`${PREFIX}/${userId}/${name}`, JSON.stringify(value));
  } catch {
    // It is there until the page closes.
  }
}

export function kept<T>(userId: string, name: string): T | undefined {
  try {
    const text = localStorage.getItem(`${PREFIX}/${userId}/${name}`);
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

export function removeKept(userId: string): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(`${PREFIX}/${userId}/`)) localStorage.removeItem(key);
  }
}
