/** What `signal.throwIfAborted()` does, which the AbortSignal of React Native lacks. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortReason(signal);
}

/** Why it was aborted: an `AbortError` also where the runtime keeps no reason. */
export function abortReason(signal: AbortSignal): unknown {
  return signal.reason ?? Object.assign(new Error('This operation was aborted'), { name: 'AbortError' });
}
