/** A step that Redis carries out as one. Its .lua file says what it takes and gives, and why it must be one. */
export interface Script {
    readonly lua: string;
    /** What Redis knows it by once it was sent. */
    readonly sha: string;
}
export declare const append: Script;
export declare const park: Script;
export declare const refuse: Script;
export declare const acquire: Script;
export declare const release: Script;
export declare const allocate: Script;
export declare const raise: Script;
export declare const join: Script;
export declare const leave: Script;
export declare const nodesOf: Script;
export declare const announce: Script;
export declare const liveNodes: Script;
