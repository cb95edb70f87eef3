/**
 * The inside of a {@link NodeProcess}: answers the run's calls, and ends with the run. `failpoint` is answered here: see
 * {@link passFailpoint}.
 */
export function answerCalls(calls: Readonly<Record<string, (value: never) => unknown>>): void {
  process.on('message', async (message) => {
    const { call, name, value } = message as { call: number; name: string; value: unknown };
    try {
      if (name === 'failpoint') armed = value as string | null;
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

let armed: string | null = null;

/** Kills this very process when the failpoint is armed. SIGKILL: nothing is caught, flushed or said. Else it does nothing. */
export function passFailpoint(name: string): Promise<void> | undefined {
  if (armed !== name) return undefined;
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}
