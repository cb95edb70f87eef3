import { type IdSource, type Limits, type Storage } from '@tidemark/core';
import type { InboxReader } from '../inbox/inbox-reader.ts';
import type { Submission } from '../ingress/submission.ts';
import type { OpenFeed } from '../subscription/open-feed.ts';
import type { ContentKinds } from './content-kinds.ts';
import type { MembershipGate } from './membership-gate.ts';
import type { ProcedureMaker } from './procedure-maker.ts';
/**
 * Stage   1 router
 * In      a tRPC call
 * Out     a command for the queue, an answer from the store, or a typed error
 * Keeps   P12 every procedure knows its caller and asks for membership; bad input is refused before anything is stored
 * Proved  test/e2e/*, test/e2e/bad-input.test.ts
 */
export declare function buildProcedures(make: ProcedureMaker, ports: RouterPorts): {
    send: unknown;
    inbox: {
        since: unknown;
        head: unknown;
        feed: unknown;
    };
    conversations: {
        list: unknown;
        get: unknown;
        members: unknown;
        openDirect: unknown;
        createGroup: unknown;
        addMembers: unknown;
        removeMembers: unknown;
        leave: unknown;
        history: unknown;
        markRead: unknown;
    };
};
export interface RouterPorts {
    readonly storage: Storage;
    readonly submission: Submission;
    readonly content: ContentKinds;
    readonly gate: MembershipGate;
    readonly reader: InboxReader;
    readonly openFeed: OpenFeed;
    readonly ids: IdSource;
    readonly limits: Limits;
    readonly now: () => number;
}
