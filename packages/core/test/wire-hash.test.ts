import { createHash } from 'node:crypto';
import * as wire from '@tidemark/core/wire';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** Of every schema exported by src/wire.ts, as its senders write it and as its receivers read it. */
const HASH = 'a5765f0f81555e39d47685f793c518c3881c207bfaea06718c799ef64d420dbc';

/** JSON with its keys in order, so that equal shapes have equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

test('the wire is what PROTOCOL.md says it is', () => {
  const { parseWire: _, createGroupInput, membersInput, ...rest } = wire;
  const schemas = { ...rest, createGroupInput: createGroupInput(500), membersInput: membersInput(500) };
  const shapes = Object.entries(schemas).flatMap(([name, schema]) =>
    schema instanceof z.ZodType
      ? [[name, (['input', 'output'] as const).map((io) => z.toJSONSchema(schema, { io, unrepresentable: 'any' }))]]
      : [],
  );
  expect(shapes.length).toBeGreaterThan(10);
  const hash = createHash('sha256')
    .update(canonical(Object.fromEntries(shapes)))
    .digest('hex');
  expect(
    hash,
    'src/wire.ts has changed. Raise WIRE_VERSION, once for each release, and update PROTOCOL.md; then put the new hash here',
  ).toBe(HASH);
});
