import { pathToFileURL } from 'node:url';
import { directConversationId, WIRE_VERSION } from '@tidemark/core';
import { expect, test } from 'vitest';
import { eventually } from '../support/app.ts';
import { bundledProgram } from '../support/bundled-program.ts';

/** A module of this build as a release of another wire version would have it. */
async function ofWire<Module>(source: string, wire: number): Promise<Module> {
  const file = 'packages/core/src/wire-version.ts';
  const find = `export const WIRE_VERSION = ${WIRE_VERSION};`;
  const changes = [{ file, find, replace: `export const WIRE_VERSION = ${wire};` }];
  const path = await bundledProgram(new URL(source, import.meta.url), undefined, changes);
  return (await import(pathToFileURL(path).href)) as Module;
}

const appOf = (wire: number) => ofWire<typeof import('../support/app.ts')>('../support/app.ts', wire);
const deviceOf = (wire: number) => ofWire<typeof import('./device.ts')>('./device.ts', wire);

const direct = directConversationId('alice', 'bob');
const ROADS = ['websocket', 'http'] as const;

for (const road of ROADS) {
  test.each([
    [WIRE_VERSION, WIRE_VERSION + 1],
    [WIRE_VERSION + 1, WIRE_VERSION],
  ])(`over ${road} a client of wire version %s works with a server of %s`, async (client, server) => {
    const [{ startApp }, { openDevice }] = await Promise.all([appOf(server), deviceOf(client)]);
    await using app = await startApp();
    await using bob = openDevice(() => app.port, 'bob', road);
    await eventually('bob is live', () => bob.state().state === 'live');
    expect(await bob.send(direct, 'hi')).toMatchObject({ senderId: 'bob' });
  });

  test.each([
    [WIRE_VERSION, WIRE_VERSION + 2, 'client'],
    [WIRE_VERSION + 2, WIRE_VERSION, 'server'],
  ])(
    `over ${road} a client of wire version %s stops at a server of %s, and both say why`,
    async (client, server, older) => {
      const [{ startApp }, { openDevice }] = await Promise.all([appOf(server), deviceOf(client)]);
      await using app = await startApp();
      const refused: unknown[] = [];
      app.messaging.on('client-refused', (payload) => refused.push(payload));
      await using bob = openDevice(() => app.port, 'bob', road);
      await eventually('bob has stopped', () => bob.state().state === 'incompatible');
      const detail = `incompatible: the client speaks wire version ${client} and the server ${server}: upgrade the ${older}`;
      expect(bob.state()).toEqual({ state: 'incompatible', cause: { reason: 'refused', detail } });
      await eventually('nothing is open', () => app.attachment.connections === 0);
      expect(refused).toMatchObject([{ userId: 'bob', wire: client, error: { code: 'incompatible' } }]);
    },
  );
}
