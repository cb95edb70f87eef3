/**
 * The tables, as data: one schema for all engines. A dialect says what a column type is called and how an index is
 * declared; it never changes what is unique, because the unique keys carry the promises.
 */

/** `id` visible ASCII, compared byte by byte · `int` up to 2^53 · `text` any length. */
export type ColumnType = 'id' | 'int' | 'text';

export interface TableSpec {
  /** Column → type; a trailing `?` marks one that may be null. */
  readonly columns: Readonly<Record<string, ColumnType | `${ColumnType}?`>>;
  readonly primaryKey: readonly string[];
  readonly unique?: readonly (readonly string[])[];
  readonly indexes?: readonly (readonly string[])[];
  /** Rows are small and read in the order of the primary key: keep them inside it where the engine can. */
  readonly clustered: boolean;
}

type Tables = Readonly<Record<string, TableSpec>>;

// What a step of the migrations makes is frozen: stores have it. To change a table is a further step, and the table's description here
// is then that after all of them.

/** Step 1. */
export const FIRST_TABLES = {
  /** What belongs to the whole store: `epoch`, `identity`, and of an inbox alone the `history` that it belongs to. */
  meta: {
    columns: { name: 'id', value: 'id' },
    primaryKey: ['name'],
    clustered: true,
  },
  /** The log. `body` is the event without its head columns, as JSON text. */
  events: {
    columns: {
      conversation_id: 'id',
      conversation_seq: 'int',
      actor_id: 'id',
      command_id: 'id?',
      type: 'id',
      at: 'int',
      body: 'text',
    },
    primaryKey: ['conversation_id', 'conversation_seq'],
    unique: [['actor_id', 'command_id']],
    clustered: false,
  },
  /** `title` is JSON text, so that any string comes back equal. */
  conversations: {
    columns: {
      conversation_id: 'id',
      kind: 'id',
      title: 'text?',
      created_by: 'id',
      created_at: 'int',
      head: 'int',
      last_at: 'int',
      last_message_seq: 'int?',
      active_at: 'int',
    },
    primaryKey: ['conversation_id'],
    clustered: true,
  },
  /** One row per stay; `left_seq` is null while it lasts. */
  members: {
    columns: { conversation_id: 'id', user_id: 'id', joined_seq: 'int', left_seq: 'int?' },
    primaryKey: ['conversation_id', 'user_id', 'joined_seq'],
    indexes: [['user_id', 'conversation_id']],
    clustered: true,
  },
  read_marks: {
    columns: { user_id: 'id', conversation_id: 'id', read_seq: 'int' },
    primaryKey: ['user_id', 'conversation_id'],
    clustered: true,
  },
  /** Without a reference: a void. */
  inbox: {
    columns: { user_id: 'id', seq: 'int', conversation_id: 'id?', conversation_seq: 'int?', at: 'int' },
    primaryKey: ['user_id', 'seq'],
    unique: [['user_id', 'conversation_id', 'conversation_seq']],
    indexes: [['at']],
    clustered: true,
  },
  /** Up to where retention has removed a user's rows. */
  inbox_floors: {
    columns: { user_id: 'id', floor: 'int' },
    primaryKey: ['user_id'],
    clustered: true,
  },
} as const satisfies Tables;

/** Step 3. */
export const UNSETTLED = {
  /** Events of a composed storage whose rows may be missing in the inbox: what is being written now. */
  unsettled: {
    columns: { conversation_id: 'id', conversation_seq: 'int' },
    primaryKey: ['conversation_id', 'conversation_seq'],
    clustered: true,
  },
} as const satisfies Tables;

/** Step 5. */
export const REFUSALS = {
  /** Commands that were refused for good, for as long as a copy may turn up. `text` is JSON text, as titles are. */
  refusals: {
    columns: { actor_id: 'id', command_id: 'id', retry: 'int', conversation_id: 'id', text: 'text', at: 'int' },
    primaryKey: ['actor_id', 'command_id', 'retry'],
    indexes: [['at']],
    clustered: true,
  },
} as const satisfies Tables;

/** Step 6. */
export const REGISTERS = {
  /**
   * What events have set beside the log. `target_seq` 0: of the conversation; `owner` empty: of nobody. `value` is JSON text, and never
   * null: what is no longer set has no row. The row with the highest `seq` stands.
   */
  registers: {
    columns: {
      conversation_id: 'id',
      target_seq: 'int',
      name: 'id',
      register_key: 'id',
      owner: 'id',
      value: 'text?',
      seq: 'int',
    },
    primaryKey: ['conversation_id', 'target_seq', 'name', 'register_key', 'owner'],
    clustered: true,
  },
} as const satisfies Tables;

/** Step 7: an index by which the owners of registers are read, the newest first. Its name has no more than 63 characters. */
export const REGISTERS_BY_SEQ = {
  name: 'registers_by_seq',
  columns: ['conversation_id', 'target_seq', 'name', 'register_key', 'seq'],
} as const;

/** Step 8: an index by which the registers of one owner are found, such as what mentions them, past all others of a conversation. */
export const REGISTERS_BY_OWNER = {
  name: 'registers_by_owner',
  columns: ['conversation_id', 'name', 'owner', 'target_seq'],
} as const;

/** The tables of a store that is up to date, but for the indexes of later steps. */
export const SCHEMA = { ...FIRST_TABLES, ...UNSETTLED, ...REFUSALS, ...REGISTERS };

export type TableName = keyof typeof SCHEMA;

/** Every table's name starts with this. */
export const TABLE_PREFIX = 'tidemark_';
