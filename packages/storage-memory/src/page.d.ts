/**
 * A beginning of `items`: at most `limit` of them, and of at most `bytes` of JSON together unless the first has more.
 *
 * @param contentOf what of an item counts; all of it unless set
 */
export declare function pageOf<Item>(items: readonly Item[], { limit, bytes }: {
    limit: number;
    bytes?: number | undefined;
}, contentOf?: (item: Item) => unknown): {
    items: Item[];
    hasMore: boolean;
};
