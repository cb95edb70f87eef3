import {
  type Cursor,
  type Epoch,
  type FeedItem,
  fingerprintOf,
  type InboxEntry,
  type Seq,
  type UserId,
} from '@tidemark/core';
import { conversationBuilder } from '@tidemark/testkit';
import { describe, expect, it } from 'vitest';
import { type SyncEffect, type SyncInput, startSync, syncStep } from '../src/sync/sync-state.ts';

const epoch = 'e' as Epoch;
const entry = (seq: number): InboxEntry => ({ seq: seq as Seq, event: null });
const entries = (...seqs: number[]): SyncInput => item(seqs.at(-1) ?? 0, { type: 'entries', entries: seqs.map(entry) });
const item = (seq: number, feedItem: FeedItem, of = epoch): SyncInput => ({
  type: 'item',
  epoch: of,
  seq,
  item: feedItem,
});
const live = (seq: number): SyncInput => item(seq, { type: 'live', cursor: `e:${seq}` as Cursor });
const reset = (of: string, seq: number): SyncInput =>
  item(seq, { type: 'reset', reason: 'epoch', cursor: `${of}:${seq}` as Cursor }, of as Epoch);

/** Runs the inputs from cursor e:5, connected; returns every effect in short form, a list per input. */
function run(...inputs: SyncInput[]): string[][] {
  let { state } = startSync({ epoch, seq: 5 });
  const result: string[][] = [];
  for (const input of [{ type: 'connected' } as const, ...inputs]) {
    const step = syncStep(state, input);
    state = step.state;
    result.push(step.effects.map(short));
  }
  return result.slice(1);
}

function short(effect: SyncEffect): string {
  switch (effect.type) {
    case 'apply':
      return `apply ${effect.entries.map(({ seq }) => seq).join(' ')} → ${effect.cursor}, attempt ${effect.attempt}`;
    case 'report':
      return effect.event.type === 'gap'
        ? `gap ${effect.event.after}…${effect.event.upTo}`
        : `${effect.event.type} ${effect.event.cursor}`;
    default:
      return `${effect.type} ${effect.cursor}, attempt ${effect.attempt}`;
  }
}

describe('the sync core', () => {
  it('subscribes from the cursor it has, and without one on a new device', () => {
    expect(startSync({ epoch, seq: 5 }).effects.map(short)).toEqual(['subscribe e:5, attempt 0']);
    expect(startSync(null).effects.map(short)).toEqual(['subscribe null, attempt 0']);
  });

  it('applies what continues, drops what is known, one transaction at a time', () => {
    expect(run(entries(6), entries(6), entries(5, 6, 7), { type: 'applied' }, { type: 'applied' })).toEqual([
      ['apply 6 → e:6, attempt 0'],
      [],
      [],
      ['apply 7 → e:7, attempt 0'],
      [],
    ]);
  });

  it('has in each cursor the fingerprint with which the server’s stands there', () => {
    const chat = conversationBuilder();
    const [six, seven] = [chat.created, chat.message()];
    const [f6, f7] = [fingerprintOf(six), fingerprintOf(seven)];
    const started = startSync({ epoch, seq: 5, fingerprint: 'f5' });
    expect(started.effects.map(short)).toEqual(['subscribe e:5:f5, attempt 0']);
    let { state } = syncStep(started.state, { type: 'connected' });
    const then = (input: SyncInput): string[] => {
      const step = syncStep(state, input);
      state = step.state;
      return step.effects.map(short);
    };
    const standing = (input: SyncInput, fingerprint: string) => ({ ...input, fingerprint }) as SyncInput;
    const batch = [{ seq: 6 as Seq, event: six }, entry(7)];
    expect(then(standing(item(7, { type: 'entries', entries: batch }), f6))).toEqual([
      `apply 6 7 → e:7:${f6}, attempt 0`,
    ]);
    expect(then(item(9, { type: 'entries', entries: [entry(9)] }))).toEqual(['gap 7…9', `pull e:7:${f6}, attempt 0`]);
    expect(then(standing(item(8, { type: 'entries', entries: [{ seq: 8 as Seq, event: seven }] }), f7))).toEqual([]);
    expect(then({ type: 'applied' })).toEqual([`apply 8 → e:8:${f7}, attempt 0`]);
    expect(then({ type: 'feed-ended' })).toEqual([`subscribe e:8:${f7}, attempt 1`]);
    // An apply under way when a reset comes is of the world before.
    const anew = { ...reset('e', 4), fingerprint: 'f4' } as SyncInput;
    expect(then(anew)).toEqual([]);
    expect(then({ type: 'applied' })).toEqual(['snapshot e:4:f4, attempt 0']);
    expect(then({ type: 'snapshot-failed', generation: state.generation })).toEqual(['snapshot e:4:f4, attempt 1']);
    expect(then({ type: 'snapshot-done', generation: state.generation })).toEqual(['reset e:4:f4']);
    expect(then({ type: 'feed-ended' })).toEqual(['subscribe e:4:f4, attempt 1']);
  });

  it('pulls from the last contiguous entry when one is missing, once', () => {
    expect(run(entries(8), entries(9))).toEqual([['gap 5…8', 'pull e:5, attempt 0'], []]);
  });

  it('goes on pulling while a page does not reach what is known to exist', () => {
    const page = (from: number, to: number, hasMore: boolean): SyncInput => ({
      type: 'page',
      generation: 0,
      epoch,
      seq: to,
      page: {
        type: 'entries',
        entries: Array.from({ length: to - from }, (_, index) => entry(from + index + 1)),
        cursor: `e:${to}` as Cursor,
        hasMore,
      },
    });
    expect(run(entries(9), page(5, 7, true), page(7, 9, false), { type: 'applied' }, { type: 'applied' })).toEqual([
      ['gap 5…9', 'pull e:5, attempt 0'],
      ['apply 6 7 → e:7, attempt 0', 'gap 7…9', 'pull e:7, attempt 0'],
      [],
      ['apply 8 9 → e:9, attempt 0'],
      [],
    ]);
    // An answer that brings nothing is asked for again, later each time.
    expect(run(entries(9), page(5, 5, false), page(5, 5, false))).toEqual([
      ['gap 5…9', 'pull e:5, attempt 0'],
      ['pull e:5, attempt 1'],
      ['pull e:5, attempt 2'],
    ]);
  });

  it('tries a failed apply again with what came meanwhile, and skips nothing', () => {
    const failed: SyncInput = { type: 'apply-failed' };
    expect(run(entries(6), entries(7), failed, failed, { type: 'applied' })).toEqual([
      ['apply 6 → e:6, attempt 0'],
      [],
      ['apply 6 7 → e:7, attempt 1'],
      ['apply 6 7 → e:7, attempt 2'],
      [],
    ]);
  });

  it('takes an entry that comes by itself for the word that the feed is live, where a reset overtook that', () => {
    const feed = { userId: 'alice' as UserId, wire: 2, limits: { contentBytes: 1, frameBytes: 1 } };
    const early = item(3, { type: 'live', cursor: 'e:3' as Cursor });
    // It was written first.
    const first = item(3, { type: 'reset', reason: 'ahead', cursor: 'e:3' as Cursor, feed });
    const page = item(4, { type: 'entries', entries: [entry(4)], head: 5 as Seq });
    const done: SyncInput[] = [{ type: 'snapshot-done', generation: 1 }];
    const applied: SyncInput = { type: 'applied' };
    expect(run(early, first, ...done, page, applied, entries(5), applied, entries(6), applied).slice(4)).toEqual([
      [],
      ['apply 5 → e:5, attempt 0'],
      ['live e:5'],
      ['apply 6 → e:6, attempt 0'],
      [],
    ]);
    expect(run(live(3), reset('e', 3), ...done, entries(4), applied).slice(3)).toEqual([
      ['apply 4 → e:4, attempt 0'],
      [],
    ]);
  });

  it('reports live only when all up to there is in the local store', () => {
    expect(
      run(entries(6), live(6), { type: 'applied' }, { type: 'disconnected' }, { type: 'connected' }, live(6)),
    ).toEqual([['apply 6 → e:6, attempt 0'], [], ['live e:6'], [], [], ['live e:6']]);
  });

  it('waits for the apply under way before the snapshot of a reset, and drops its outcome', () => {
    const done: SyncInput = { type: 'snapshot-done', generation: 1 };
    const next = item(41, { type: 'entries', entries: [entry(41)] }, 'f' as Epoch);
    expect(run(entries(6), reset('f', 40), next, { type: 'applied' }, done)).toEqual([
      ['apply 6 → e:6, attempt 0'],
      [],
      [],
      ['snapshot f:40, attempt 0'],
      ['reset f:40', 'apply 41 → f:41, attempt 0'],
    ]);
  });

  it('starts a snapshot over when another reset comes, and ignores the first one’s end', () => {
    const done = (generation: number): SyncInput => ({ type: 'snapshot-done', generation });
    expect(run(reset('f', 40), reset('g', 9), done(1), { type: 'snapshot-failed', generation: 2 }, done(2))).toEqual([
      ['snapshot f:40, attempt 0'],
      ['snapshot g:9, attempt 0'],
      [],
      ['snapshot g:9, attempt 1'],
      ['reset g:9'],
    ]);
  });

  it('drops the answer to a question that was asked before a reset', () => {
    const late: SyncInput = {
      type: 'page',
      generation: 0,
      epoch: 'f' as Epoch,
      seq: 40,
      page: { type: 'reset', reason: 'epoch', cursor: 'f:40' as Cursor },
    };
    expect(run(entries(8), reset('g', 9), late, { type: 'pull-failed', generation: 0 })).toEqual([
      ['gap 5…8', 'pull e:5, attempt 0'],
      ['snapshot g:9, attempt 0'],
      [],
      [],
    ]);
  });

  it('never mixes in a frame of another epoch: it asks', () => {
    expect(run(item(6, { type: 'entries', entries: [entry(6)] }, 'f' as Epoch))).toEqual([['pull e:5, attempt 0']]);
  });

  it('subscribes again after the subscription ended, later each time until something arrives', () => {
    const ended: SyncInput = { type: 'feed-ended' };
    expect(run(ended, { type: 'connected' }, ended, { type: 'connected' }, entries(6), ended)).toEqual([
      ['subscribe e:5, attempt 1'],
      [],
      ['subscribe e:5, attempt 2'],
      [],
      ['apply 6 → e:6, attempt 0'],
      ['subscribe e:6, attempt 1'],
    ]);
  });

  it('begins anew without a cursor when the server does not take it', () => {
    expect(run({ type: 'cursor-rejected' })).toEqual([['subscribe null, attempt 1']]);
  });
});
