/*
 * What version 1 of each store wrote, to the letter. Later versions have to find everything in it: this file is added to, and
 * never changed.
 */

const ROW = String.raw`{"conversationId":"d:alice,bob","kind":"direct","title":null,"createdBy":"bob","createdAt":1,"head":2,"joinedSeq":1,"readSeq":0,"unread":2,"lastMessage":null,"activeAt":2,"member":true,"stale":null,"local":{"from":1,"to":2},"reachedStart":true,"unsentReadSeq":null}`;
const EVENT_1 = String.raw`{"type":"message.sent","conversationId":"d:alice,bob","conversationSeq":1,"actorId":"bob","commandId":"c-1","at":1001,"messageId":"m-1","message":{"type":"text","content":{"text":"one \u0000 \ud800"}}}`;
const EVENT_2 = String.raw`{"type":"message.sent","conversationId":"d:alice,bob","conversationSeq":2,"actorId":"bob","commandId":"c-2","at":1002,"messageId":"m-2","message":{"type":"text","content":{"text":"two"}}}`;
const DRAFT = String.raw`{"clientMessageId":"d-1","conversationId":"d:alice,bob","message":{"type":"text","content":{"text":"unsent"}},"at":5,"order":1,"failure":null}`;

/** What is in all of them, of alice. */
export const CONTENTS = {
  cursor: 'e:2',
  conversations: [JSON.parse(ROW) as unknown],
  events: [JSON.parse(EVENT_1) as unknown, JSON.parse(EVENT_2) as unknown],
  drafts: [JSON.parse(DRAFT) as unknown],
};

export const SQLITE = `
create table tidemark_version (version integer not null);
insert into tidemark_version values (1);
create table tidemark_users (
  user_id text primary key, incarnation text not null, cursor text
) without rowid;
create table tidemark_conversations (
  user_id text not null, conversation_id text not null, row text not null, primary key (user_id, conversation_id)
) without rowid;
create table tidemark_events (
  user_id text not null, conversation_id text not null, conversation_seq integer not null, event text not null,
  primary key (user_id, conversation_id, conversation_seq)
) without rowid;
create table tidemark_drafts (
  user_id text not null, client_message_id text not null, draft text not null, primary key (user_id, client_message_id)
) without rowid;
insert into tidemark_users values ('alice', 'l0-x', 'e:2');
insert into tidemark_conversations values ('alice', 'd:alice,bob', '${ROW}');
insert into tidemark_events values ('alice', 'd:alice,bob', 1, '${EVENT_1}'), ('alice', 'd:alice,bob', 2, '${EVENT_2}');
insert into tidemark_drafts values ('alice', 'd-1', '${DRAFT}');
`;

/** Object stores of the database `<name>/alice`, without key paths: [key, value]. */
export const INDEXED_DB: Readonly<Record<string, readonly (readonly [IDBValidKey, string])[]>> = {
  meta: [
    ['incarnation', 'l0-x'],
    ['cursor', 'e:2'],
  ],
  conversations: [['d:alice,bob', ROW]],
  events: [[['d:alice,bob', 0], `[${EVENT_1},${EVENT_2}]`]],
  drafts: [['d-1', DRAFT]],
};

export const KEY_VALUE: ReadonlyMap<string, string> = new Map([
  ['tidemark,alice,meta', '{"version":1,"generation":"l0-x","cursor":"e:2"}'],
  ['tidemark,alice,c,l0-x,d:alice,bob', ROW],
  ['tidemark,alice,e,l0-x,0,d:alice,bob', `[${EVENT_1},${EVENT_2}]`],
  ['tidemark,alice,d,d-1', DRAFT],
]);
