/** What a screen reads: a value that is the same object until it changes, and a way to hear of changes. */
export interface View<T> {
    /** Calls `listener` after each change; returns the function that ends it. */
    subscribe(listener: () => void): () => void;
    /** The current value. Equal by reference to the last one when nothing changed. */
    getSnapshot(): T;
}
/** Listeners of one view. A throwing listener does not keep the others from hearing. */
export interface Listeners {
    add(listener: () => void): () => void;
    notify(): void;
    readonly size: number;
}
export declare function createListeners(): Listeners;
/** An application's listener must not break the delivery of messages: what it throws is rethrown outside. */
export declare function callListener(listener: () => void): void;
/** A view whose value is computed when asked for, and again only after `change()`. */
export declare function createView<T>(compute: (previous: T | undefined) => T): View<T> & {
    change(): void;
};
