import {
  CONTENT_TYPE,
  type Content,
  type ContentMap,
  type ContentSchemas,
  isJsonObject,
  shortened,
  TidemarkError,
  UNKNOWN_CONTENT,
} from '@tidemark/core';
import { reservedKeyIn, reservedKeyPath } from '../content-shape.ts';
import { measureInput } from '../gate/measure-input.ts';

/** The application's content kinds, and the check every message passes before it becomes a command. Stage 1. */
export class ContentKinds {
  readonly #schemas: ContentSchemas;
  readonly #contentBytes: number;

  /** Throws `invalid_input` naming the kind whose name or schema cannot be used. */
  constructor(schemas: ContentSchemas, contentBytes: number) {
    for (const [type, schema] of Object.entries(schemas)) {
      const field = `content.${type}`;
      if (!CONTENT_TYPE.test(type) || type === UNKNOWN_CONTENT) {
        throw new TidemarkError(
          'invalid_input',
          'must be 1 to 64 letters, digits, "_", "-" or ".", and not "unknown"',
          { field },
        );
      }
      if (typeof schema?.['~standard']?.validate !== 'function') {
        throw new TidemarkError('invalid_input', 'must be a Standard Schema (zod, valibot, arktype …)', { field });
      }
    }
    this.#schemas = schemas;
    this.#contentBytes = contentBytes;
  }

  /** Whether this process has the kind; a writer must not store what it could not have accepted. */
  has(type: string): boolean {
    return Object.hasOwn(this.#schemas, type);
  }

  /** Returns the content as its schema gives it out. Throws the error that names the field and the rule. */
  async parse(type: string, content: unknown): Promise<Content<ContentMap>> {
    const schema = Object.hasOwn(this.#schemas, type) ? this.#schemas[type] : undefined;
    if (!schema) {
      const known = Object.keys(this.#schemas).join(', ');
      throw new TidemarkError('unknown_content_type', `"${type}" is none of: ${known}`, { field: 'type' });
    }
    // Before the schema, which may take its time over a hundred thousand keys.
    this.#requireSize(measureInput(content, this.#contentBytes));
    // Before the schema, too: it would make another object, without that key, and the receipt would be for other content.
    const path = reservedKeyPath(content);
    if (path !== undefined) throw reservedKey(path);
    const result = await schema['~standard'].validate(content);
    if (result.issues) {
      const [issue] = result.issues;
      const path = (issue?.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
      throw new TidemarkError('invalid_content', shortened(issue?.message ?? 'does not fit'), {
        field: shortened(['content', ...path].join('.')),
      });
    }
    if (!isJsonObject(result.value)) {
      throw new TidemarkError('invalid_content', 'must be a JSON object, at most 128 levels deep', {
        field: 'content',
      });
    }
    this.#requireFit(JSON.stringify(result.value));
    return { type, content: result.value };
  }

  #requireFit(text: string): void {
    const reserved = reservedKeyIn(text);
    if (reserved !== undefined) throw reservedKey(reservedKeyPath(JSON.parse(text)) ?? reserved);
    this.#requireSize(Buffer.byteLength(text));
  }

  #requireSize(bytes: number): void {
    if (bytes <= this.#contentBytes) return;
    throw new TidemarkError('content_too_large', `at most ${this.#contentBytes} bytes as JSON (limits.contentBytes)`, {
      field: 'content',
      limit: 'limits.contentBytes',
    });
  }
}

/** @param path of the key in the content */
function reservedKey(path: string): TidemarkError {
  const name = path.slice(path.lastIndexOf('.') + 1);
  return new TidemarkError('invalid_content', `must not have a key named ${name}`, {
    field: shortened(`content.${path}`),
  });
}
