import type { Person } from '../../server/demo-people.ts';

/** As people look for names: guest 2 comes before guest 10, Émile beside Emil. */
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

export function byName(a: Person, b: Person): number {
  return collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
}

/** Those whose name or id holds what was typed, whatever its case and accents. */
export function matching(people: readonly Person[], typed: string): Person[] {
  const needle = plain(typed.trim());
  return people.filter(({ id, name }) => plain(name).includes(needle) || id.includes(needle));
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLocaleLowerCase();
}
