/** A line of an example: what somebody sends, or what they are to get. */
export interface ExampleLine {
  readonly user: string;
  readonly direction: 'sends' | 'gets';
  readonly text: string;
  /** In the page, from 1. */
  readonly line: number;
}

export interface Example {
  /** `ws` and `http` are of the application without a transformer, `superjson` of another. */
  readonly kind: 'ws' | 'http' | 'superjson';
  readonly lines: readonly ExampleLine[];
}

/** The fenced examples of a page, in their order. Throws at a line that is neither sent nor got. */
export function examplesOf(page: string): Example[] {
  const examples: { kind: Example['kind']; lines: ExampleLine[] }[] = [];
  let open: (typeof examples)[number] | undefined;
  for (const [index, text] of page.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(text);
    if (fence && open) open = undefined;
    else if (fence) {
      const kind = fence[1] as Example['kind'];
      if (!['ws', 'http', 'superjson'].includes(kind)) throw new Error(`line ${index + 1}: an example of no kind`);
      open = { kind, lines: [] };
      examples.push(open);
    } else if (open) {
      const [, user = 'alice', mark, said] = /^(?:(\w+) )?([→←]) (.*)$/.exec(text) ?? [];
      if (said === undefined) throw new Error(`line ${index + 1}: neither sent nor got: ${text}`);
      open.lines.push({ user, direction: mark === '→' ? 'sends' : 'gets', text: said, line: index + 1 });
    }
  }
  return examples;
}

/** What stands for what: `01A…` for the message id that the server chose. */
export class Abbreviations {
  readonly #meant = new Map<string, string>();

  /** The text as it is to be sent. Throws where an abbreviation was never met. */
  expand(text: string): string {
    return text.replace(ABBREVIATION, (short) => {
      const meant = this.#meant.get(short);
      if (meant === undefined) throw new Error(`${short} stands for nothing yet`);
      return meant;
    });
  }

  /** Where `actual` differs from `expected`, as a path and two values; undefined where it doesn't. */
  difference(expected: unknown, actual: unknown, path = ''): string | undefined {
    const differs = `${path || 'it'}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
    if (typeof expected === 'string') return this.#fits(expected, actual) ? undefined : differs;
    if (isTime(expected)) return isTime(actual) ? undefined : differs;
    if (typeof expected !== 'object' || expected === null) return expected === actual ? undefined : differs;
    if (typeof actual !== 'object' || actual === null) return differs;
    if (Array.isArray(expected) !== Array.isArray(actual)) return differs;
    const [wanted, given] = [expected as Record<string, unknown>, actual as Record<string, unknown>];
    const keys = new Set([...Object.keys(wanted), ...Object.keys(given)]);
    for (const key of keys) {
      const at = `${path}/${key}`;
      if (!Object.hasOwn(given, key)) return `${at}: is missing`;
      if (!Object.hasOwn(wanted, key)) return `${at}: is not in the example: ${JSON.stringify(given[key])}`;
      const difference = this.difference(wanted[key], given[key], at);
      if (difference) return difference;
    }
    return undefined;
  }

  #fits(expected: string, actual: unknown): boolean {
    if (typeof actual !== 'string') return false;
    const shorts = expected.match(ABBREVIATION) ?? [];
    const pattern = expected
      .split(ABBREVIATION)
      .map(escaped)
      .reduce((before, after, index) => {
        const meant = this.#meant.get(shorts[index - 1] as string);
        return `${before}${meant === undefined ? '(.+)' : `(${escaped(meant)})`}${after}`;
      });
    const found = new RegExp(`^${pattern}$`).exec(actual);
    if (!found) return false;
    for (const [index, short] of shorts.entries()) this.#meant.set(short, found[index + 1] as string);
    return true;
  }
}

/** In a URL it may stand behind a quote, which is `%22` there. */
const ABBREVIATION = /(?<=%22|[^%A-Za-z0-9]|^)[A-Za-z0-9]+…/g;

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value > 1e12;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
