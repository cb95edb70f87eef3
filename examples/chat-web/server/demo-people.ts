export interface Person {
  readonly id: string;
  readonly name: string;
}

/** Whom a first visitor can be, and write to. */
export const DEMO_PEOPLE: readonly Person[] = [
  { id: 'alice', name: 'Alice Moreau' },
  { id: 'bob', name: 'Bob Lindqvist' },
  { id: 'carol', name: 'Carol Okafor' },
  { id: 'dina', name: 'Dina Haddad' },
  { id: 'esra', name: 'Esra Yılmaz' },
  { id: 'farid', name: 'Farid Rahimi' },
];
