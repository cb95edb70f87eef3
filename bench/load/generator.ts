/** The load generator: the sockets of all clients of one system, in a process of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { answerCalls, programSettings } from '../frame/answer-calls.ts';
import type { Connection } from '../systems/driver.ts';
import { DRIVERS, type Wire } from '../systems/drivers.ts';
import { numberIn, textOf } from '../systems/message.ts';
import { type RunResult, Tally } from './tally.ts';

export interface GeneratorSettings {
  readonly wire: Wire;
  readonly url: string;
}

/** Pairs of users, each with a conversation of its own: one sends, the other follows. */
export interface SendRun {
  readonly pairs: number;
  /** Messages under way at a time, over all pairs. */
  readonly window: number;
  /** What ends a message's place in the window: its receipt, or its receipt and its delivery. */
  readonly until: 'receipt' | 'delivery';
  readonly milliseconds: number;
}

export interface FanOutRun {
  /** Messages published in one tick; the next when every member has had all of them. */
  readonly burst: number;
  /** The same to a group as large of which nobody is there: what a message costs before any of it is delivered. */
  readonly absent: boolean;
  readonly milliseconds: number;
}

/** ms that a run waits for what is still under way at its end. */
const PATIENCE = 10_000;
/** ms in which something may still come that came already. */
const AFTERWARDS = 100;
const CONNECT_AT_ONCE = 20;

const { wire, url } = programSettings<GeneratorSettings>();
const driver = DRIVERS[wire];

let sent = 0;
let tally = new Tally(0, 1);
/** Of the send run under way: what to do when a pair's message is through. */
let onThrough: (pair: number) => void = () => {};
const pairs: { readonly connection: Connection; readonly to: string }[] = [];
let group:
  | { readonly connection: Connection; readonly to: string; readonly toAbsent: string; readonly size: number }
  | undefined;

async function openPairs(count: number): Promise<void> {
  for (let pair = pairs.length; pair < count; pair++) {
    const [from, to] = [`ann-${pair}`, `ben-${pair}`];
    await driver.connect(url, to, (text) => {
      if (tally.deliver(numberIn(text), pair)) onThrough(pair);
    });
    const connection = await driver.connect(url, from, null);
    pairs.push({ connection, to: driver.direct(from, to) });
  }
}

async function send({ pairs: count, window, until, milliseconds }: SendRun): Promise<RunResult> {
  await openPairs(count);
  tally = new Tally(sent, count);
  const run = tally;
  const end = performance.now() + milliseconds;
  const next = (index: number): void => {
    const pair = pairs[index];
    if (!pair || performance.now() >= end) return;
    const number = run.send(index);
    sent += 1;
    pair.connection.send(pair.to, textOf(number), (refusal) => {
      const through = run.answer(number, refusal);
      if (until === 'receipt' || through) next(index);
    });
  };
  onThrough = until === 'delivery' ? next : () => {};
  for (let slot = 0; slot < window; slot++) next(slot % count);
  await sleep(milliseconds);
  return settled(run);
}

async function openGroup(size: number): Promise<void> {
  const members = Array.from({ length: size }, (_, index) => `m${size}-${index}`);
  const owner = `owner-${size}`;
  for (let from = 0; from < size; from += CONNECT_AT_ONCE) {
    await Promise.all(
      members
        .slice(from, from + CONNECT_AT_ONCE)
        .map((member, index) => driver.connect(url, member, (text) => tally.deliver(numberIn(text), from + index))),
    );
  }
  const connection = await driver.connect(url, owner, null);
  const absent = members.map((member) => `away-${member}`);
  group = {
    connection,
    to: await driver.group(connection, `group-${size}`, members),
    toAbsent: await driver.group(connection, `away-${size}`, absent),
    size,
  };
}

async function fanOut({ burst, absent, milliseconds }: FanOutRun): Promise<RunResult> {
  if (!group) throw new Error('there is no group');
  const { connection } = group;
  const [to, receivers] = absent ? [group.toAbsent, 0] : [group.to, group.size];
  tally = new Tally(sent, receivers);
  const run = tally;
  const end = performance.now() + milliseconds;
  const publish = (): void => {
    if (performance.now() >= end) return;
    for (let each = 0; each < burst; each++) {
      const number = run.send();
      sent += 1;
      connection.send(to, textOf(number), (refusal) => run.answer(number, refusal));
    }
  };
  // Not from within the last delivery, whose frame may stand before others of the same read.
  run.onSettled = () => setImmediate(publish);
  publish();
  await sleep(milliseconds);
  return settled(run);
}

async function settled(run: Tally): Promise<RunResult> {
  for (const end = performance.now() + PATIENCE; !run.isSettled && performance.now() < end; ) await sleep(5);
  await sleep(AFTERWARDS);
  return run.result();
}

answerCalls({ send, openGroup, fanOut });
