/** What a run has started and must end: each once, the newest first, whatever the others do. */
export class Belongings implements AsyncDisposable {
  readonly #ends: (() => unknown)[] = [];

  use<T extends AsyncDisposable>(thing: T): T {
    this.defer(() => thing[Symbol.asyncDispose]());
    return thing;
  }

  defer(end: () => unknown): void {
    this.#ends.push(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.#ends.pop(); end; end = this.#ends.pop()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some of what the run started could not be ended');
  }
}
