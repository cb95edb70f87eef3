import { fileURLToPath } from 'node:url';
import { runInContext } from 'node:vm';
import type { KeyValueStorage } from '@tidemark/client/key-value';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { eventually, startApp } from '../support/app.ts';
import type { signIn } from '../support/react-native-app.ts';
import { reactNativeRealm } from '../support/react-native-globals.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}test/support/react-native-app.ts`],
    tsconfig: `${root}tsconfig.json`,
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'application',
    mainFields: ['react-native', 'module', 'main'],
    target: 'es2020',
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}

/** AsyncStorage, as far as the client uses it. */
function asyncStorage(): KeyValueStorage {
  const kept = new Map<string, string>();
  return {
    getItem: async (key) => kept.get(key) ?? null,
    setItem: async (key, value) => void kept.set(key, value),
    removeItem: async (key) => void kept.delete(key),
    getAllKeys: async () => [...kept.keys()],
  };
}

test('with the globals of React Native alone a client sends, receives, keeps what it has and closes', async () => {
  await using app = await startApp();
  const realm = reactNativeRealm();
  runInContext(`${await bundle()}; globalThis.signIn = application.signIn`, realm);
  const start = realm.signIn as typeof signIn;
  const storage = asyncStorage();
  const alice = start(app.wsUrl, 'alice', storage);
  const bob = start(app.wsUrl, 'bob', asyncStorage());
  alice.chat.start();
  bob.chat.start();

  const { clientMessageId, receipt } = alice.chat
    .direct('bob')
    .send({ type: 'text', content: { text: 'from a phone' } });
  expect(clientMessageId).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
  expect((await receipt).conversationId).toBe('d:alice,bob');
  const { messages } = bob.chat.direct('alice');
  const off = messages.subscribe(() => {});
  await eventually('bob shows the message', () => messages.getSnapshot().items.length === 1);
  off();

  await alice.chat.close();
  await alice.connection.close();
  // Nobody answers there: what it shows was kept.
  const later = start('ws://127.0.0.1:9/trpc', 'alice', storage);
  later.chat.start();
  await eventually('what was kept is shown', () => later.chat.conversations.getSnapshot().length === 1);
  for (const { chat, connection } of [later, bob]) {
    await chat.close();
    await connection.close();
  }
});

test('ids differ although nothing in React Native draws them cryptographically', async () => {
  const realm = reactNativeRealm();
  const { outputFiles } = await build({
    stdin: { contents: "export { createIdSource } from '@tidemark/core'", resolveDir: root },
    tsconfig: `${root}tsconfig.json`,
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'core',
    target: 'es2020',
  });
  const drawn = runInContext(
    `${outputFiles[0]?.text ?? ''}; Array.from({ length: 1000 }, () => core.createIdSource().commandId(0))`,
    realm,
  ) as string[];
  expect(new Set(drawn).size).toBe(1_000);
});
