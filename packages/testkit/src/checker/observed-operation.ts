import type { HistoryRecord, Operation, RecordOf } from './history.ts';

/** An operation and all that was told of it. */
export interface ObservedOperation {
  readonly operationId: string;
  readonly userId: RecordOf<'invoke'>['userId'];
  readonly deviceId: string;
  readonly operation: Operation;
  /** More than one where it was sent again under the same id. */
  readonly invokes: readonly RecordOf<'invoke'>[];
  readonly oks: readonly RecordOf<'ok'>[];
  readonly fails: readonly RecordOf<'fail'>[];
  readonly unknowns: readonly RecordOf<'unknown'>[];
  /**
   * `ok` it happened · `fail` it must not have happened · `unknown` it may or may not have. One that nothing was told of
   * is unknown: its device may have been killed. A receipt outweighs what was told before it.
   */
  readonly outcome: 'ok' | 'fail' | 'unknown';
}

export type ObservedSend = ObservedOperation & { readonly operation: Extract<Operation, { kind: 'send' }> };

export function isSend(operation: ObservedOperation): operation is ObservedSend {
  return operation.operation.kind === 'send';
}

/** By operationId, in the order of their first invokes. Outcomes of what was never invoked are left out. */
export function observeOperations(records: readonly HistoryRecord[]): Map<string, ObservedOperation> {
  const found = new Map<string, Collected>();
  for (const record of records) {
    if (record.type === 'invoke') {
      const known = found.get(record.operationId);
      if (known) known.invokes.push(record);
      else found.set(record.operationId, { invokes: [record], oks: [], fails: [], unknowns: [] });
    } else if (record.type === 'ok') found.get(record.operationId)?.oks.push(record);
    else if (record.type === 'fail') found.get(record.operationId)?.fails.push(record);
    else if (record.type === 'unknown') found.get(record.operationId)?.unknowns.push(record);
  }
  return new Map([...found].map(([operationId, collected]) => [operationId, operationOf(operationId, collected)]));
}

interface Collected {
  readonly invokes: RecordOf<'invoke'>[];
  readonly oks: RecordOf<'ok'>[];
  readonly fails: RecordOf<'fail'>[];
  readonly unknowns: RecordOf<'unknown'>[];
}

function operationOf(operationId: string, collected: Collected): ObservedOperation {
  const { userId, deviceId, operation } = collected.invokes[0] as RecordOf<'invoke'>;
  const outcome = collected.oks.length > 0 ? 'ok' : collected.fails.length > 0 ? 'fail' : 'unknown';
  return { operationId, userId, deviceId, operation, ...collected, outcome };
}
