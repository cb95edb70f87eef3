import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judge } from '../../src/checker/judge.ts';
import { ModelRun } from './model-run.ts';
import { failing } from './tampering.ts';

const NAMES = ['alice/1', 'alice/2', 'bob/1', 'carol/1'];
const USERS = ['alice', 'bob', 'carol'];

const step = fc.record({
  what: fc.constantFrom(
    'send',
    'send',
    'send',
    'unknown',
    'lost',
    'refused',
    'add',
    'remove',
    'read',
    'void',
    'kill',
    'resume',
    'purge',
    'epoch',
  ),
  who: fc.nat(NAMES.length - 1),
  whom: fc.nat(USERS.length - 1),
  n: fc.nat(9),
});

/** The snapshot of the new epoch begins at 0, and lists nothing the user has left. */
const REMOVED_BEFORE_AN_EPOCH = [
  { what: 'remove', who: 0, whom: 1, n: 0 },
  { what: 'epoch', who: 0, whom: 0, n: 0 },
] as const;

/** What was acknowledged in the first of them is in no inbox of the second. */
const TWO_EPOCHS = [
  { what: 'epoch', who: 0, whom: 0, n: 0 },
  { what: 'send', who: 0, whom: 0, n: 0 },
  { what: 'epoch', who: 0, whom: 0, n: 0 },
] as const;

describe('a system that keeps its promises', () => {
  test('never violates one, whatever happens to it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const run = new ModelRun(NAMES);
        const chat = run.group('alice/1', 'bob');
        run.send('alice/1', chat);
        for (const { what, who, whom, n } of steps) {
          const name = NAMES[who] as string;
          const other = USERS[whom] as string;
          const device = run.device(name);
          const isMember = (userId: string) => [...chat.state.members.keys()].some((each) => each === userId);
          if (what === 'kill' && device.online) run.kill(name);
          else if (what === 'resume' && !device.online) run.resume(name);
          else if (what === 'void') run.void(other);
          else if (what === 'purge') run.purge(other, Math.min(n, 2));
          else if (what === 'epoch' && n === 0) run.newEpoch();
          else if (!device.online || !isMember(device.userId)) continue;
          else if (what === 'send') run.send(name, chat, { text: `t${n}` });
          else if (what === 'unknown') run.send(name, chat, { told: n % 2 ? 'open' : 'unknown' });
          else if (what === 'lost') run.send(name, chat, { told: 'unknown', stored: false });
          else if (what === 'refused') run.send(name, chat, { told: 'fail' });
          else if (what === 'add' && !isMember(run.user(other))) run.add(name, chat, other);
          else if (what === 'remove' && other !== 'alice' && isMember(run.user(other)))
            run.remove('alice/1', chat, other);
          else if (what === 'read') run.read(name, chat, Math.min(chat.state.head, n + 1));
        }
        const verdict = judge(run.finish());
        expect(verdict.violations).toEqual([]);
        expect(verdict.lost + verdict.duplicated + verdict.outOfOrder).toBe(0);
        expect(verdict.attempts).toBe(verdict.acknowledged + verdict.unknown + verdict.failed);
        expect(verdict.acknowledged).toBeGreaterThan(0);
      }),
      { numRuns: 200, examples: [[[...REMOVED_BEFORE_AN_EPOCH]], [[...TWO_EPOCHS]]] },
    );
  });

  test('passes every invariant that its history can be judged by', () => {
    const run = new ModelRun(['alice/1', 'bob/1']);
    const chat = run.group('alice/1', 'bob');
    run.send('alice/1', chat);
    run.memory('server 0', 1);
    expect(failing(run.finish())).toEqual([]);
    expect(new Set(Object.values(judge(run.records).invariants))).toEqual(new Set(['pass']));
  });
});
