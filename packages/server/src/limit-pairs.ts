import { ENVELOPE_BYTES, type Limits, leastCommandBytes, TidemarkError } from '@tidemark/core';

/**
 * Refuses options that break each other's promise although each is in order by itself: a content that its limit allows, and no
 * frame can carry, would be tried for ever.
 *
 * @throws TidemarkError `invalid_input` that names both
 */
export function checkPairs(limits: Limits, backlogBytes: number): void {
  const { contentBytes, commandBytes, frameBytes, inputBytes, parametersBytes } = limits;
  const around = `limits.contentBytes and ${ENVELOPE_BYTES} bytes for what stands around a content`;
  atLeast('limits.frameBytes', frameBytes, contentBytes + ENVELOPE_BYTES, around);
  atLeast('limits.inputBytes', inputBytes, contentBytes + ENVELOPE_BYTES, around);
  const head = leastCommandBytes(contentBytes);
  atLeast(
    'limits.commandBytes',
    commandBytes,
    head,
    `limits.contentBytes and ${head - contentBytes} bytes for its ids`,
  );
  atLeast('limits.frameBytes', frameBytes, parametersBytes, 'limits.parametersBytes, which come in a frame');
  atLeast('tuning.backlogBytes', backlogBytes, commandBytes, 'limits.commandBytes');
}

function atLeast(field: string, value: number, least: number, of: string): void {
  if (value >= least) return;
  throw new TidemarkError('invalid_input', `is ${value}, and must be at least ${least}: ${of}`, { field });
}
