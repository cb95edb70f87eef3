import { type DependencyList } from 'react';
/** What `useChatClient` starts and closes: a client, and the connection it was created with. */
export interface ChatSession<C extends Startable> {
    readonly client: C;
    /** Closed after the client. */
    readonly connection?: {
        close(): Promise<void>;
    };
}
/** The part of a client that its life needs. */
export interface Startable {
    start(): void;
    close(): Promise<void>;
}
/**
 * A client that lives as long as the component: started when the component is mounted, closed with its connection when it
 * is unmounted, and created anew when one of `deps` changes. An effect that React cleans up and runs again at once, as
 * StrictMode does, keeps the client; one that runs again later, as in `<Activity>`, gets a new one. `create` may be called
 * for a render that React discards, so it must not start anything.
 */
export declare function useChatClient<C extends Startable>(create: () => ChatSession<C>, deps: DependencyList): C;
