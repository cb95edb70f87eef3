import type { Attack } from './attack.ts';
import { expansionAttacks, inputSizeAttacks } from './expansion-attacks.ts';
import { floodAttacks } from './flood-attacks.ts';
import { frameAttacks } from './frame-attacks.ts';
import { httpAttacks } from './http-attacks.ts';
import { identityAttacks } from './identity-attacks.ts';
import { inputAttacks } from './input-attacks.ts';
import { membershipAttacks } from './membership-attacks.ts';

/** All attacks, in the order in which they are tried. */
export const ATTACKS: readonly Attack[] = [
  ...membershipAttacks,
  ...frameAttacks,
  ...inputAttacks,
  ...httpAttacks,
  ...identityAttacks,
  ...expansionAttacks,
  ...inputSizeAttacks,
  ...floodAttacks,
];
