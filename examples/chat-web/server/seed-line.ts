import type { Kinds } from './content.ts';

export type Message = { [Kind in keyof Kinds]: { readonly type: Kind; readonly content: Kinds[Kind] } }[keyof Kinds];

export interface Line {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly from: string;
  readonly message: Message;
}
