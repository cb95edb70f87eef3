/**
 * A beginning of `items`: at most `limit` of them, and of at most `bytes` of JSON together unless the first has more.
 *
 * @param contentOf what of an item counts; all of it unless set
 */
export function pageOf<Item>(
  items: readonly Item[],
  { limit, bytes = Number.POSITIVE_INFINITY }: { limit: number; bytes?: number | undefined },
  contentOf: (item: Item) => unknown = (item) => item,
): { items: Item[]; hasMore: boolean } {
  const page: Item[] = [];
  let total = 0;
  for (const item of items) {
    if (page.length === limit) break;
    if (Number.isFinite(bytes)) total += bytesOf(contentOf(item));
    if (total > bytes && page.length > 0) break;
    page.push(item);
  }
  return { items: page, hasMore: page.length < items.length };
}

/** Of its JSON, in UTF-8. */
export function bytesOf(value: unknown): number {
  return TEXT.encode(JSON.stringify(value)).length;
}

const TEXT = new TextEncoder();
