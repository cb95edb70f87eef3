import type { IncomingMessage } from 'node:http';

/**
 * Whether a page may open this connection. A browser sends cookies along with an upgrade from any page, and names that page
 * in `Origin`: by default it has to be of the host that was asked. Clients that are not browsers send no Origin.
 *
 * @param allowed origins of other pages, or `'*'` for all
 */
export function isOriginAllowed(request: IncomingMessage, allowed: readonly string[] | '*'): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowed === '*' || allowed.includes(origin)) return true;
  return host !== undefined && isSameHost(origin, host);
}

/** The default port of Origin's scheme is also that of a Host without one: a proxy may have ended TLS before us. */
function isSameHost(origin: string, host: string): boolean {
  const page = URL.canParse(origin) ? new URL(origin) : undefined;
  if (!page?.host) return false;
  const asked = `${page.protocol}//${host}`;
  if (!URL.canParse(asked)) return false;
  const { host: askedHost, origin: askedOrigin, href } = new URL(asked);
  // A Host that is more than a host (`app.test@evil.test`, `app.test/path`) matches nothing.
  return askedHost === page.host && (href === `${askedOrigin}/` || href === askedOrigin);
}
