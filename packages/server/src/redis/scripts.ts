import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A step that Redis carries out as one. Its .lua file says what it takes and gives, and why it must be one. */
export interface Script {
  readonly lua: string;
  /** What Redis knows it by once it was sent. */
  readonly sha: string;
}

function script(lua: string): Script {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}

export const claim = script(readFileSync(new URL('./scripts/claim.lua', import.meta.url), 'utf8'));
export const unclaim = script(readFileSync(new URL('./scripts/unclaim.lua', import.meta.url), 'utf8'));
export const append = script(readFileSync(new URL('./scripts/append.lua', import.meta.url), 'utf8'));
export const acknowledge = script(readFileSync(new URL('./scripts/acknowledge.lua', import.meta.url), 'utf8'));
export const park = script(readFileSync(new URL('./scripts/park.lua', import.meta.url), 'utf8'));
export const refuse = script(readFileSync(new URL('./scripts/refuse.lua', import.meta.url), 'utf8'));
export const acquire = script(readFileSync(new URL('./scripts/acquire.lua', import.meta.url), 'utf8'));
export const release = script(readFileSync(new URL('./scripts/release.lua', import.meta.url), 'utf8'));
export const allocate = script(readFileSync(new URL('./scripts/allocate.lua', import.meta.url), 'utf8'));
export const raise = script(readFileSync(new URL('./scripts/raise.lua', import.meta.url), 'utf8'));
export const forget = script(readFileSync(new URL('./scripts/forget.lua', import.meta.url), 'utf8'));
export const join = script(readFileSync(new URL('./scripts/join.lua', import.meta.url), 'utf8'));
export const leave = script(readFileSync(new URL('./scripts/leave.lua', import.meta.url), 'utf8'));
export const nodesOf = script(readFileSync(new URL('./scripts/nodes-of.lua', import.meta.url), 'utf8'));
export const announce = script(readFileSync(new URL('./scripts/announce.lua', import.meta.url), 'utf8'));
export const refusedRights = script(readFileSync(new URL('./scripts/refused-rights.lua', import.meta.url), 'utf8'));
export const liveNodes = script(readFileSync(new URL('./scripts/live-nodes.lua', import.meta.url), 'utf8'));
