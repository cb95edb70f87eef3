import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { DEMO_PEOPLE, type Person } from './demo-people.ts';
import { type ChatLimits, LimitReached } from './limits.ts';
import { idOfName, NAME_RULE, parseName } from './person-name.ts';
import { writePrivateFile } from './private-files.ts';

/** The application's table of users, as small as a demonstration can have it: a file. */
export interface People {
  list(): readonly Person[];
  has(id: string): boolean;
  /**
   * The person of that id or name, or a new one. Upper and lower case are the same; any other difference makes another person,
   * however alike their ids would be. Throws {@link NameRefused} and {@link LimitReached}.
   */
  enter(text: string): Person;
}

/** What was typed is no name; the text says what would be one. */
export class NameRefused extends Error {
  override readonly name = 'NameRefused';
}

const kept = z.array(z.strictObject({ id: z.string(), name: z.string() }));

export function openPeople(path: string, limits: Pick<ChatLimits, 'people'>): People {
  const added: Person[] = existsSync(path) ? kept.parse(JSON.parse(readFileSync(path, 'utf8'))) : [];
  const people = new Map([...DEMO_PEOPLE, ...added].map((person) => [person.id, person]));
  const byName = new Map([...people.values()].map((person) => [sameName(person.name), person]));

  function add(name: string): Person {
    if (people.size >= limits.people) {
      throw new LimitReached('people', `There are ${limits.people} people here, and nobody new is taken`);
    }
    const person = { id: freeId(name), name };
    people.set(person.id, person);
    byName.set(sameName(name), person);
    added.push(person);
    writePrivateFile(path, JSON.stringify(added));
    return person;
  }

  /** Zoë is not `zoe`, which is what somebody types who is called Zoe: where anything was simplified, a number says so. */
  function freeId(name: string): string {
    const id = idOfName(name) || 'person';
    const isExact = id === name.toLowerCase().replaceAll(' ', '-');
    for (let number = isExact ? 1 : 2; ; number += 1) {
      const candidate = number === 1 ? id : `${id}-${number}`;
      if (!people.has(candidate)) return candidate;
    }
  }

  return {
    list: () => [...people.values()],
    has: (id) => people.has(id),
    enter: (text) => {
      const name = parseName(text);
      if (name === undefined) throw new NameRefused(NAME_RULE);
      return people.get(name.toLowerCase()) ?? byName.get(sameName(name)) ?? add(name);
    },
  };
}

function sameName(name: string): string {
  return name.toLowerCase();
}
