import { WIRE_VERSION, wireTrouble } from '@tidemark/core';
import { expect, test } from 'vitest';

test.each([
  [5, 5, undefined],
  [5, 6, undefined],
  [6, 5, undefined],
  [5, 7, 'client'],
  [7, 5, 'server'],
  // Release 0.1 says nothing.
  [undefined, undefined, undefined],
  [undefined, 2, undefined],
  [2, undefined, undefined],
  [undefined, 3, 'client'],
  [3, undefined, 'server'],
])('a client of wire version %s and a server of %s: too old is %s', (client, server, older) => {
  const trouble = wireTrouble({ client, server });
  expect(trouble?.code).toBe(older && 'incompatible');
  expect(trouble?.detail.match(/upgrade the (.*)/)?.[1]).toBe(older);
});

test('the error names both versions, and is final', () => {
  const trouble = wireTrouble({ client: 9, server: 4 });
  expect(trouble?.message).toBe('incompatible: the client speaks wire version 9 and the server 4: upgrade the server');
  expect(trouble?.policy).toBe('give-up');
});

test('this build works with the release before it', () => {
  expect(wireTrouble({ client: WIRE_VERSION, server: WIRE_VERSION - 1 })).toBeUndefined();
});
