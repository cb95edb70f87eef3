import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { DEMO_PEOPLE, type Person } from './demo-people.ts';

/** The application's table of users, as small as a demonstration can have it: a file. */
export interface People {
  list(): readonly Person[];
  /** Finds the person of that id or name, or makes one. Undefined when no id can be made of the name. */
  find(name: string): Person | undefined;
}

export function openPeople(path: string): People {
  const people = new Map(DEMO_PEOPLE.map((person) => [person.id, person]));
  const added: Person[] = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Person[]) : [];
  for (const person of added) people.set(person.id, person);
  return {
    list: () => [...people.values()],
    find: (text) => {
      const name = text.trim().replace(/\s+/g, ' ').slice(0, 60);
      const id = idOf(name);
      if (id === '') return undefined;
      const known = people.get(id) ?? [...people.values()].find((person) => person.name === name);
      if (known) return known;
      const person = { id, name };
      people.set(id, person);
      added.push(person);
      writeFileSync(path, JSON.stringify(added));
      return person;
    },
  };
}

/** `Zoë Müller` → `zoe-muller`; letters outside ASCII that have no simpler form are written as their code. */
function idOf(name: string): string {
  return [...name.normalize('NFKD').toLowerCase()]
    .filter((sign) => !/\p{Mark}/u.test(sign))
    .map((sign) =>
      /[a-z0-9]/.test(sign) ? sign : /[\p{L}\p{N}]/u.test(sign) ? (sign.codePointAt(0)?.toString(36) ?? '') : '-',
    )
    .join('')
    .replace(/-+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
}
