import type { IncomingMessage } from 'node:http';
/**
 * Whether a page may open this connection. A browser sends cookies along with an upgrade from any page, and names that page
 * in `Origin`: by default it has to be of the host that was asked. Clients that are not browsers send no Origin.
 *
 * @param allowed origins of other pages, or `'*'` for all
 */
export declare function isOriginAllowed(request: IncomingMessage, allowed: readonly string[] | '*'): boolean;
