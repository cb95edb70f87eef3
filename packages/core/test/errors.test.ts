import { readFileSync } from 'node:fs';
import { ERRORS, type ErrorCode, parseErrorText, TidemarkError, TRANSPORT_CODES } from '@tidemark/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const codes = Object.keys(ERRORS) as ErrorCode[];
const source = readFileSync(new URL('../src/errors.ts', import.meta.url), 'utf8');
/** What an editor shows: the comment above the row. */
const hintOf = (code: ErrorCode) => new RegExp(`/\\*\\* (.+) \\*/\\s+${code}: `).exec(source)?.[1];

describe('the error table', () => {
  test.each(codes)('says what to do about %s', (code) => {
    const { policy } = ERRORS[code];
    const transport = TRANSPORT_CODES[code];
    expect(['retry', 'reconnect', 'give-up']).toContain(policy);
    expect(transport).toMatch(/^[A-Z_]+$/);
    expect(hintOf(code)).toMatch(/^[A-Z].{10,}\.$/);
    expect(new TidemarkError(code, 'why').policy).toBe(policy);
  });

  test('stands in the README as it is', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const rows = codes.map((code) => {
      const { policy } = ERRORS[code];
      const transport = TRANSPORT_CODES[code];
      return `| \`${code}\` | ${policy} | \`${transport}\` | ${hintOf(code)} |`;
    });
    expect(readme.split('\n').filter((line) => /^\| `[a-z_]+` \| (retry|reconnect|give-up) /.test(line))).toEqual(rows);
  });
});

describe('the text of an error', () => {
  test('names code, field and rule', () => {
    const error = new TidemarkError('invalid_content', 'expected a number', { field: 'content.total' });
    expect(error.message).toBe('invalid_content [content.total]: expected a number');
    expect(new TidemarkError('overloaded', 'the queue is full').message).toBe('overloaded: the queue is full');
    expect(new TidemarkError('forbidden', 'mind your language', { reason: 'profanity' }).message).toBe(
      'forbidden (profanity): mind your language',
    );
  });

  test('is read back as the error it came from', () => {
    const fields = fc.option(
      fc.string({ unit: 'binary' }).filter((text) => !/\](?: \([^)]*\))?: /.test(text)),
      { nil: undefined },
    );
    const reasons = fc.option(fc.stringMatching(/^[\w.-]+$/), { nil: undefined });
    fc.assert(
      fc.property(fc.constantFrom(...codes), fields, reasons, fc.string({ unit: 'binary' }), (...error) => {
        const [code, field, reason, detail] = error;
        const { message } = new TidemarkError(code, detail, { field, reason });
        expect(parseErrorText(message)).toMatchObject({ name: 'TidemarkError', code, field, reason, detail, message });
      }),
    );
  });

  test('keeps its code when a field holds brackets', () => {
    const { message } = new TidemarkError('invalid_content', 'expected a number', { field: 'content.a]b[0' });
    expect(parseErrorText(message)).toMatchObject({ code: 'invalid_content', field: 'content.a]b[0' });
    const worst = new TidemarkError('invalid_content', 'expected a number', { field: 'content.a]: b' });
    expect(parseErrorText(worst.message)).toMatchObject({ code: 'invalid_content', field: 'content.a' });
  });

  test.each([
    '',
    'Internal server error',
    'no_such_code: text',
    'toString: text',
    '__proto__: text',
    'invalid_input',
    'invalid_input text',
    ' invalid_input: text',
    'Invalid_input: text',
  ])('of the application itself is not of the table: %j', (text) => {
    expect(parseErrorText(text)).toBeUndefined();
  });

  test('does not hide a cause', () => {
    const cause = new Error('socket closed');
    expect(new TidemarkError('unavailable', 'store', { cause }).cause).toBe(cause);
    expect(new TidemarkError('unavailable', 'store')).not.toHaveProperty('cause');
  });
});
