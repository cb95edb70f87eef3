import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Event } from '@tidemark/core';
import { eventually } from '../support/patience.ts';
import { findPython } from '../support/python.ts';

/** What client.py prints, each line one of these. */
export interface Shown {
  readonly live?: true;
  readonly seq?: number;
  readonly event?: Event;
  readonly receipt?: { readonly clientMessageId: string; readonly conversationSeq: number; readonly messageId: string };
  readonly refused?: string;
  readonly why?: string;
  readonly reset?: string;
  readonly rebuilt?: Readonly<Record<string, number>>;
  readonly pulled?: number;
  readonly closed?: string;
}

/** Starts test/foreign/client.py, signed in as `user`. Dispose of it with `await using`. */
export async function startForeignClient(port: number, user: string) {
  const program = fileURLToPath(new URL('client.py', import.meta.url));
  const child = spawn(await findPython(), [program, '127.0.0.1', String(port), user], {
    env: { ...process.env, FIRST_WAIT: '0.02' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const shown: Shown[] = [];
  let complaint = '';
  child.stderr.on('data', (text) => {
    complaint += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => shown.push(JSON.parse(line)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    shown,
    ended,
    tell(command: string): void {
      child.stdin.write(`${command}\n`);
    },
    /** The first line from `start` on that fits. */
    async shows(what: string, fits: (line: Shown) => unknown, start = 0): Promise<Shown> {
      return eventually(`the foreign client shows ${what}`, () => {
        if (child.exitCode !== null && complaint !== '') throw new Error(complaint);
        return shown.slice(start).find(fits);
      });
    },
    /** Texts of the messages that it was brought, in the order in which it was. */
    texts(): string[] {
      return shown.flatMap(({ event }) =>
        event?.type === 'message.sent' ? [String(event.message.content['text'])] : [],
      );
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
