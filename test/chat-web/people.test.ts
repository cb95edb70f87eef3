import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NameRefused, openPeople } from '../../examples/chat-web/server/people.ts';
import { makeTempFolder, removeTempFolder } from '../support/services/temp-folder.ts';

describe('the people of the chat', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await makeTempFolder();
  });
  afterEach(() => removeTempFolder(folder));

  const open = (people = 100) => openPeople(join(folder, 'people.json'), { people });

  test('somebody enters by id or by name, in upper or lower case', () => {
    const people = open();
    for (const text of ['bob', 'Bob', 'BOB', ' bob ', 'Bob Lindqvist', 'BOB LINDQVIST', 'Bob  Lindqvist']) {
      expect(people.enter(text)).toEqual({ id: 'bob', name: 'Bob Lindqvist' });
    }
  });

  test('a name that only looks like another is another person, today and after a restart', () => {
    const people = open();
    const entered = ['BÓB', 'Bób-', 'Zoë', 'Zoe', 'bob.', 'Bоb'].map((name) => people.enter(name));
    expect(new Set(entered.map(({ id }) => id)).size).toBe(entered.length);
    expect(entered.map(({ id }) => id)).not.toContain('bob');
    expect(entered[0]).toEqual({ id: 'bob-2', name: 'BÓB' });
    // Typed with a letter and an accent of its own, which looks the same.
    expect(people.enter('BO\u0301B')).toEqual(entered[0]);
    const again = open();
    for (const person of entered) expect(again.enter(person.name)).toEqual(person);
  });

  test.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['128 characters', 'a'.repeat(128)],
    ['61 characters', 'a'.repeat(61)],
    ['zero-width characters', 'Bob\u200b'],
    ['a turned direction', '\u202ebob'],
    ['a letter that is drawn as nothing', '\u3164'],
    ['a tower of marks', `Z${'\u0301'.repeat(12)}`],
    ['a line break', 'a\nb'],
    ['markup', '<b>bob</b>'],
    ['an emoji', '🧄'],
    ['punctuation alone', '-.-'],
  ])('%s is no name, and what is one is said', (_, name) => {
    expect(() => open().enter(name)).toThrow(NameRefused);
    expect(() => open().enter(name)).toThrow('1 to 60 characters: letters and digits of any script');
  });

  test('names of other scripts are kept whole, and their ids are ASCII', () => {
    const people = open();
    for (const name of ['Дина Хаддад', '山田 太郎', 'دينا حداد', 'Ζωή', 'Þór', "O'Neill", 'नमस्ते', 'a'.repeat(60)]) {
      const person = people.enter(name);
      expect(person.name).toBe(name);
      expect(person.id).toMatch(/^[a-z0-9-]{1,64}$/);
    }
  });

  test('no more people are taken than its limit, and those who are here still enter', async () => {
    const people = open(8);
    const added = ['Gus', 'Hal'].map((name) => people.enter(name).id);
    expect(() => people.enter('Ida')).toThrow('limits.people');
    expect(people.enter('Gus').id).toBe(added[0]);
    expect(JSON.parse(await readFile(join(folder, 'people.json'), 'utf8'))).toHaveLength(2);
  });
});
