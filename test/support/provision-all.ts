import { ALL_PROVISIONS, provision } from './provision.ts';

// npm run provision: everything that any test needs of the machine.
await provision(ALL_PROVISIONS);
