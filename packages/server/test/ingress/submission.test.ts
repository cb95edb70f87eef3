import {
  type CommandResult,
  DeploymentError,
  type NodeId,
  parseUserId,
  TidemarkError,
  UnavailableError,
} from '@tidemark/core';
import { describe, expect, test } from 'vitest';
import { partitionOf } from '../../src/hash.ts';
import { decodeEnvelope } from '../../src/ingress/envelope.ts';
import { createMemoryStreams, memoryIngressStream } from '../../src/ingress/memory-ingress-stream.ts';
import { Submission } from '../../src/ingress/submission.ts';
import { LimitEvents } from '../../src/limit-events.ts';
import { ServerEventBus } from '../../src/server-events.ts';
import { alice, createGroup, direct, group, send } from '../support/commands.ts';
import { flushPromises, ManualClock } from '../support/manual-clock.ts';
import { recorded } from '../support/recorded.ts';

const PARTITIONS = 4;
const RECEIPT_TIMEOUT = 10_000;
const COMMAND_BYTES = 2_000;
const result: CommandResult = { conversationId: direct, conversationSeq: 2 as never, at: 1, messageId: null };

function openSubmission(backlog = 100, backlogBytes = 100_000) {
  const clock = new ManualClock();
  const ingress = memoryIngressStream(createMemoryStreams(), {
    backlog,
    backlogBytes,
    deadLetters: 10,
    deadLetterRetentionMs: 1_000,
    now: () => clock.now(),
  });
  const deployment: { stamp: string; refusal: DeploymentError | undefined } = { stamp: 'ours', refusal: undefined };
  const events = new ServerEventBus();
  const reached = recorded(events, 'limit-reached');
  const setBacks = { count: 0 };
  const submission = new Submission(ingress, clock, {
    deployment,
    setBacks,
    refusal: () => deployment.refusal,
    offer: { require: () => {} },
    nodeId: 'node-1' as NodeId,
    partitions: PARTITIONS,
    receiptTimeoutMs: RECEIPT_TIMEOUT,
    commandBytes: COMMAND_BYTES,
    limitEvents: new LimitEvents(events, clock),
    events,
  });
  /** What has been queued for this conversation's partition. */
  async function queued(conversationId = direct) {
    const reader = ingress.open(partitionOf(conversationId, PARTITIONS));
    const entries = await reader.read(100, AbortSignal.timeout(1_000));
    return entries.map((entry) => decodeEnvelope(entry.body));
  }
  return { clock, ingress, deployment, setBacks, submission, queued, reached, answered: recorded(events, 'answered') };
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof TidemarkError ? error.code : String(error);
}

describe('a command', () => {
  test('carries how often its process knows the store to have been set back', async () => {
    const { submission, setBacks, queued } = openSubmission();
    void submission.submit(send(alice, direct)).catch(() => {});
    setBacks.count = 2;
    void submission.submit(send(alice, direct)).catch(() => {});
    expect((await queued()).map((envelope) => envelope.setBacks)).toEqual([undefined, 2]);
  });

  test('that is larger than limits.commandBytes is refused before it is queued, by its UTF-8 bytes', async () => {
    const { submission, ingress, reached } = openSubmission();
    const members = Array.from({ length: 300 }, (_, index) => parseUserId(`member-${index}`));
    for (const command of [createGroup(alice, members), send(alice, group, { text: 'ü'.repeat(950) })]) {
      await expect(submission.submit(command)).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'command',
        message: expect.stringContaining('limits.commandBytes'),
      });
    }
    expect(await ingress.backlog(partitionOf(group, PARTITIONS))).toBe(0);
    expect(submission.waiting).toBe(0);
    expect(reached).toEqual([{ limit: 'limits.commandBytes', userId: alice }]);
  });

  test('is queued in the partition of its conversation, with where its reply goes', async () => {
    const { submission, queued } = openSubmission();
    const command = send(alice, direct);
    const call = submission.submit(command);
    const [envelope] = await queued();
    expect(envelope).toMatchObject({ command, replyTo: 'node-1' });
    submission.answer({ call: envelope?.call ?? '', result });
    expect(await call).toEqual(result);
  });

  test('resolves with the reply to its own call, whatever the order of replies', async () => {
    const { submission, queued } = openSubmission();
    const calls = [submission.submit(send(alice, direct)), submission.submit(send(alice, direct))];
    const [first, second] = await queued();
    submission.answer({ call: second?.call ?? '', result: { ...result, at: 2 } });
    submission.answer({ call: first?.call ?? '', result });
    expect(await Promise.all(calls)).toEqual([result, { ...result, at: 2 }]);
  });

  test('is rejected with the error that the writer gave', async () => {
    const { submission, queued } = openSubmission();
    const call = submission.submit(send(alice, group));
    const [envelope] = await queued(group);
    submission.answer({ call: envelope?.call ?? '', error: new TidemarkError('not_a_member', 'no') });
    expect(await codeOf(call)).toBe('not_a_member');
  });

  test('that has no receipt in time fails with an unknown outcome, and a late reply is dropped', async () => {
    const { submission, queued, clock, answered } = openSubmission();
    const call = submission.submit(send(alice, direct));
    const code = codeOf(call);
    await clock.advance(RECEIPT_TIMEOUT - 1);
    expect(submission.waiting).toBe(1);
    await clock.advance(300);
    expect(await code).toBe('outcome_unknown');
    expect(submission.waiting).toBe(0);
    const [envelope] = await queued();
    submission.answer({ call: envelope?.call ?? '', result });
    submission.answer({ call: 'of-nobody', result });
    expect(answered).toMatchObject([{ ms: expect.any(Number), error: { code: 'outcome_unknown' } }]);
    expect(answered[0]?.ms).toBeGreaterThanOrEqual(RECEIPT_TIMEOUT);
  });

  test('tells how long it took to be answered, and with what error', async () => {
    const { submission, queued, clock, answered } = openSubmission();
    const calls = [codeOf(submission.submit(send(alice, direct))), codeOf(submission.submit(send(alice, direct)))];
    const [first, second] = await queued();
    await clock.advance(20);
    submission.answer({ call: first?.call ?? '', result });
    await clock.advance(10);
    const error = new TidemarkError('not_a_member', 'no');
    submission.answer({ call: second?.call ?? '', error });
    await Promise.all(calls);
    const partition = partitionOf(direct, PARTITIONS);
    expect(answered).toEqual([
      { partition, ms: 20 },
      { partition, ms: 30, error },
    ]);
  });

  test('that came later waits its own time', async () => {
    const { submission, queued, clock } = openSubmission();
    const early = codeOf(submission.submit(send(alice, direct)));
    await clock.advance(RECEIPT_TIMEOUT / 2);
    const late = submission.submit(send(alice, direct));
    await clock.advance(RECEIPT_TIMEOUT / 2 + 300);
    expect(await early).toBe('outcome_unknown');
    const [, envelope] = await queued();
    submission.answer({ call: envelope?.call ?? '', result });
    expect(await late).toEqual(result);
  });

  test('that is tried again is answered by the copy that was queued first', async () => {
    const { submission, queued, clock } = openSubmission();
    const command = send(alice, direct);
    const first = codeOf(submission.submit(command));
    const [envelope] = await queued();
    await clock.advance(RECEIPT_TIMEOUT + 300);
    expect(await first).toBe('outcome_unknown');
    const again = submission.submit(command);
    submission.answer({ call: envelope?.call ?? '', result });
    expect(await again).toEqual(result);
    expect(submission.waiting).toBe(0);
  });

  test('that was refused and is taken up anew is not answered by the copy that was refused', async () => {
    const { submission, queued } = openSubmission();
    const command = send(alice, direct);
    const first = codeOf(submission.submit(command));
    const anew = submission.submit({ ...command, retry: 1 });
    const [before, after] = await queued();
    submission.answer({ call: before?.call ?? '', error: new TidemarkError('not_a_member', 'no') });
    expect(await first).toBe('not_a_member');
    submission.answer({ call: after?.call ?? '', result });
    expect(await anew).toEqual(result);
  });

  test('is refused as overloaded while its partition takes half the time that callers wait, until it has caught up', async () => {
    const { submission, queued, clock } = openSubmission();
    const slow = [submission.submit(send(alice, direct)), submission.submit(send(alice, direct))];
    await clock.advance(RECEIPT_TIMEOUT / 2 + 1);
    const [first, second] = await queued();
    submission.answer({ call: first?.call ?? '', result });
    expect(await codeOf(submission.submit(send(alice, direct)))).toBe('overloaded');
    expect(await codeOf(Promise.race([submission.submit(send(alice, group)), 'accepted']))).toBe('undefined');
    submission.answer({ call: second?.call ?? '', result });
    await Promise.all(slow);
    const next = submission.submit(send(alice, direct));
    const [, , third] = await queued();
    submission.answer({ call: third?.call ?? '', result });
    expect(await next).toEqual(result);
  });

  test('is refused as overloaded by a full partition, and nothing waits', async () => {
    const { submission } = openSubmission(1);
    const first = codeOf(submission.submit(send(alice, direct)));
    expect(await codeOf(submission.submit(send(alice, direct)))).toBe('overloaded');
    expect(submission.waiting).toBe(1);
    submission.close();
    expect(await first).toBe('outcome_unknown');
  });

  test('whose queue cannot be reached has an unknown outcome, and nothing waits', async () => {
    const { submission, ingress, clock } = openSubmission();
    ingress.append = async () => {
      throw new UnavailableError('connection refused');
    };
    expect(await codeOf(submission.submit(send(alice, direct)))).toBe('outcome_unknown');
    expect(submission.waiting).toBe(0);
    expect(clock.sleeping).toBe(0);
  });

  test('that meets a defect of the queue is rejected with it', async () => {
    const { submission, ingress } = openSubmission();
    ingress.append = async () => {
      throw new Error('a defect');
    };
    await expect(submission.submit(send(alice, direct))).rejects.toThrow('a defect');
  });
});

describe('closing', () => {
  test('refuses new commands while earlier ones may still be answered', async () => {
    const { submission, queued } = openSubmission();
    const call = submission.submit(send(alice, direct));
    submission.refuse();
    expect(await codeOf(submission.submit(send(alice, direct)))).toBe('closing');
    const [envelope] = await queued();
    submission.answer({ call: envelope?.call ?? '', result });
    expect(await call).toEqual(result);
  });

  test('answers what still waits with an unknown outcome', async () => {
    const { submission, clock } = openSubmission();
    const codes = Promise.all([
      codeOf(submission.submit(send(alice, direct))),
      codeOf(submission.submit(send(alice, group))),
    ]);
    submission.close();
    expect(await codes).toEqual(['outcome_unknown', 'outcome_unknown']);
    expect(clock.sleeping).toBe(0);
  });
});

test('one timer runs while calls wait, and none while nothing does', async () => {
  const { submission, queued, clock } = openSubmission();
  expect(clock.sleeping).toBe(0);
  const calls = [submission.submit(send(alice, direct)), submission.submit(send(alice, direct))];
  await clock.advance(1_000);
  expect(clock.sleeping).toBe(1);
  for (const { call } of await queued()) submission.answer({ call, result });
  await Promise.all(calls);
  await flushPromises();
  expect(clock.sleeping).toBe(0);
});

test('a process that takes no part in the deployment queues nothing', async () => {
  const { submission, queued, deployment } = openSubmission();
  deployment.refusal = new DeploymentError([], 'of another store');
  expect(await codeOf(submission.submit(send(alice, direct)))).toBe('unavailable');
  deployment.refusal = undefined;
  const call = submission.submit(send(alice, direct));
  const [envelope, ...others] = await queued();
  expect(envelope?.of).toBe('ours');
  expect(others).toEqual([]);
  submission.answer({ call: envelope?.call ?? '', result });
  await call;
});
