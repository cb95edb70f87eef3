import type { Server } from 'node:http';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type ContentSchemas, type NodeId } from '@tidemark/core';
import type { AnyTRPCRouter, TRPCProcedureBuilder, TRPCUnsetMarker } from '@trpc/server';
import { type Attachment, type AttachOptions } from './gate/attach.ts';
import { type MessagingOptions } from './options.ts';
import type { MessagingProcedures } from './router/procedure-types.ts';
import { type ServerEventName, type ServerEvents } from './server-events.ts';
/**
 * Messaging inside the application's own backend. Returns at once; storage and queue are opened in the background, calls
 * wait for it, and `ready()` tells.
 *
 * @throws TidemarkError `invalid_input` naming the option that breaks its rule
 */
export declare function createMessaging<const Schemas extends ContentSchemas>(options: MessagingOptions<Schemas>): Messaging<{
    [Kind in keyof Schemas & string]: StandardSchemaV1.InferInput<Schemas[Kind]>;
}, {
    [Kind in keyof Schemas & string]: StandardSchemaV1.InferOutput<Schemas[Kind]>;
}>;
/** What `createMessaging` returns. @typeParam In content as senders write it @typeParam Out content as stored */
export interface Messaging<In, Out> {
    /** Name of this process among those of the deployment. */
    readonly nodeId: NodeId;
    /**
     * The procedures, built on the application's own base procedure, to be put under any key of its router. `userId` says
     * who calls; undefined, null and '' are answered with `unauthenticated`.
     */
    procedures<Context, Meta, Overrides>(base: TRPCProcedureBuilder<Context, Meta, Overrides, TRPCUnsetMarker, TRPCUnsetMarker, TRPCUnsetMarker, TRPCUnsetMarker, false>, options: {
        userId: (ctx: Omit<Context, keyof Overrides> & Overrides) => string | null | undefined;
    }): MessagingProcedures<In, Out>;
    /** Serves the router over WebSocket on the application's HTTP server. */
    attach<Router extends AnyTRPCRouter>(server: Server, options: AttachOptions<Router>): Attachment;
    /** Listens to what happens inside; returns a function that stops listening. */
    on<Name extends ServerEventName>(name: Name, listener: (payload: ServerEvents[Name]) => void): () => void;
    /** Resolves when storage and queue are open. Rejects when they cannot be opened for a reason that will not pass. */
    ready(): Promise<void>;
    /**
     * Finishes what is in work, closes sockets, frees partitions and closes the storage. Resolves after `closeTimeout` at the
     * latest; see the event `close-timed-out`. Idempotent.
     */
    close(): Promise<void>;
}
