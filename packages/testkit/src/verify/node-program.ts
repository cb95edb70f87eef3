/**
 * The inside of a {@link NodeProcess}: answers the run's calls, and ends with the run. `failpoint` is answered here: see
 * {@link passFailpoint}.
 */
export function answerCalls(calls: Readonly<Record<string, (value: never) => unknown>>): void {
  process.on('message', async (message) => {
    const { call, name, value } = message as { call: number; name: string; value: unknown };
    try {
      if (name === 'failpoint') armed = value as typeof armed;
      else if (!Object.hasOwn(calls, name)) throw new Error(`there is no call ${name}`);
      const answer = name === 'failpoint' ? null : await calls[name]?.(value as never);
      process.send?.({ call, result: answer ?? null });
    } catch (error) {
      process.send?.({ call, error: String(error) });
    }
  });
  process.once('disconnect', () => process.exit());
}

/** Says that the program serves. */
export function tellReady(): void {
  process.send?.({ ready: true });
}

let armed: { readonly name: string; readonly how: 'kill' | 'pause' } | null = null;

/**
 * Ends or stops this very process when the failpoint is armed. SIGKILL: nothing is caught, flushed or said. SIGSTOP: the
 * work goes on from here once the process is resumed. Else it does nothing.
 */
export function passFailpoint(name: string): Promise<void> | undefined {
  if (armed?.name !== name) return undefined;
  if (armed.how === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  }
  armed = null;
  process.kill(process.pid, 'SIGSTOP');
  return undefined;
}
