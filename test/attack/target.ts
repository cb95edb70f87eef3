import type { AppSettings } from './attacked-app.ts';

/** What runs under attack. Attacks of equal targets share a process. */
export interface Target extends AppSettings {
  /** Options of `attach` that are data. */
  readonly attach?: { readonly contextTimeoutMs?: number };
  /** Messages of 48 kB in a conversation of alice and carol, written before the attack. */
  readonly pages?: number;
  /** Messages of carol that alice has not read. */
  readonly unread?: number;
}

/** With superjson, as most applications have it, and the defaults of everything else. */
export const usual: Target = { transformer: 'superjson' };
