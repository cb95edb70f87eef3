import { type JsonObject, parseUserId, type UserId } from '@tidemark/core';

/** Strings that break stores which treat data as code, as patterns, or as something tidier than code units. */
export const HOSTILE_TEXT: readonly string[] = [
  "'; DROP TABLE events; --",
  '" OR ""="',
  '`id`',
  "\\'; \\x00 \\u0000 \\",
  '$where',
  '{"$ne": null}',
  '__proto__',
  'constructor',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is data, which is the point.
  '{{7*7}} ${7*7} <%= 7*7 %>',
  '%s %d %n %',
  '100% _wild_ [a-z]*',
  '?1 :name @p1 $1 ??',
  'null',
  'NaN',
  '',
  ' leading and trailing ',
  'line\nfeed\r\ntab\t\u2028\u2029',
  'nul \u0000 inside',
  '\u0001\u001f\u007f\u0080',
  '😀 astral 𝔘𝔫𝔦 𠜎',
  'e\u0301 is not \u00e9',
  '\u202eright to left\u202c שלום عليكم',
  '👩‍👩‍👧‍👦 zero\u200bwidth\ufeff',
  'lone high \ud83d end',
  'lone low \ude00 end',
  '\uffff\ufffe\ufffd',
];

/** User ids that are valid, and unpleasant: quotes, patterns, operators, and pairs that differ in case alone. */
export const HOSTILE_USER_IDS: readonly UserId[] = [
  "o'brien",
  '"quoted"',
  'back\\slash',
  '$where',
  '$set.a.b',
  '__proto__',
  'constructor',
  'a%',
  'ab',
  'a_',
  'A_',
  '?',
  ':1',
  '{{id}}',
  'name@example.org',
  'Bob',
  'bob',
  'BOB',
  '0',
  '00',
  '-1',
  '1e3',
  'null',
  'x'.repeat(128),
].map((id) => parseUserId(id));

/** Content that uses every hostile string as a value and as a key, nested, beside the plain things JSON can carry. */
export function hostileContent(): JsonObject {
  const keys: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const text of HOSTILE_TEXT) keys[text] = text;
  // JSON.parse makes `__proto__` an own key, as it arrives over the wire.
  return JSON.parse(
    JSON.stringify({
      texts: HOSTILE_TEXT,
      keys,
      'a.b.c': { $set: { 'x.y': 1 }, $gt: '' },
      numbers: [0, -1, 0.1, 1e-7, 1.7976931348623157e308, 9007199254740991, -9007199254740991],
      nothing: [null, true, false, [], {}, [[[]]]],
    }),
  ) as JsonObject;
}
