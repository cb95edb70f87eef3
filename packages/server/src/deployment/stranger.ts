/** What stands in the backplane and belongs to another deployment, or does not say to which: it is neither shown nor carried out. */
export class StrangerError extends Error {
  override readonly name = 'StrangerError';
  /** The deployment it names, in short; empty when it names none. */
  readonly of: string;

  constructor(of: string) {
    super(of === '' ? 'it does not say to which deployment it belongs' : `it belongs to another deployment, ${of}`);
    this.of = of;
  }
}
