import { TidemarkError } from './errors.ts';

/** Version of the wire. Raised by one in each release that changes it. */
export const WIRE_VERSION = 2;

/** What a peer speaks that does not say: release 0.1. */
const UNSAID = 1;

/** Why a server cannot serve a client, as `incompatible`: they may be one version apart, either way. Undefined where it can. */
export function wireTrouble({ client = UNSAID, server = UNSAID }: WirePeers): TidemarkError | undefined {
  if (Math.abs(server - client) <= 1) return undefined;
  const older = server > client ? 'client' : 'server';
  const detail = `the client speaks wire version ${client} and the server ${server}: upgrade the ${older}`;
  return new TidemarkError('incompatible', detail);
}

/** What each says of itself; absent where it says nothing. */
export interface WirePeers {
  readonly client: number | undefined;
  readonly server: number | undefined;
}
