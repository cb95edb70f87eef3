import type { IncomingMessage, ServerResponse } from 'node:http';
import { TidemarkError } from '@tidemark/core';
import type { HealthReport, HealthStatus } from './health-report.ts';

/** Which statuses each path answers with 200; any other gets 503. */
const WELL: Readonly<Record<string, readonly HealthStatus[]>> = {
  // Nothing that health knows of is mended by a restart.
  livez: ['starting', 'ok', 'degraded', 'refused', 'closed'],
  // What degrades one process degrades most often all of them, and without any nobody could even read.
  readyz: ['ok', 'degraded'],
  healthz: ['ok'],
};

export interface HealthEndpointsOptions {
  /** What stands before the three paths: `/` and more, without a `/` at the end. Default: nothing. */
  readonly basePath?: string | undefined;
  /**
   * Whether answers hold the sentences of the reasons, too. Default false: they may say how hosts are called, or repeat what a database
   * said, and whoever reaches the port can read them. The names of the reasons (`store`, `partition 3`) are always there.
   */
  readonly texts?: boolean | undefined;
}

/** For the probes of Kubernetes and of load balancers. Nobody is asked for an answer: it is what the process knows. */
export interface HealthEndpoints {
  /** For `node:http` and Express. Returns false, and does nothing, where the request is for another path. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** For servers of the Fetch standard. Undefined where the request is for another path. */
  fetch(request: Request): Response | undefined;
  /**
   * From now on `/readyz` answers 503, while the process serves as before: so that no new client is sent here. Call it when the process is
   * told to end, wait for as long as the load balancer takes to notice, and then call `messaging.close()`.
   */
  drain(): void;
}

/**
 * `/livez`: 200 as long as the process answers. `/readyz`: 200 while it takes clients: `ok` and `degraded`. `/healthz`: 200 while all is
 * well. Each answers GET and HEAD with the status and the reasons as JSON, and 503 otherwise.
 *
 * @throws TidemarkError `invalid_input` naming the option that breaks its rule
 */
export function healthEndpoints(
  messaging: { health(): HealthReport },
  { basePath = '', texts = false }: HealthEndpointsOptions = {},
): HealthEndpoints {
  if (!/^(?:\/[\w.~-]+)*$/.test(basePath)) {
    throw new TidemarkError('invalid_input', 'must begin with "/" and not end with it', { field: 'basePath' });
  }
  let isDraining = false;

  const answerTo = (method: string | undefined, url: string): Answer | undefined => {
    const [path = ''] = url.split('?', 1);
    const name = path.startsWith(`${basePath}/`) ? path.slice(basePath.length + 1) : '';
    const well = Object.hasOwn(WELL, name) ? WELL[name] : undefined;
    if (!well) return undefined;
    if (method !== 'GET' && method !== 'HEAD') return { code: 405, body: '' };
    const { status, reasons } = messaging.health();
    const isWell = well.includes(status) && !(isDraining && name === 'readyz');
    const shown = reasons.map(({ what, text }) => (texts ? { what, text } : { what }));
    const report = { status, ...(isDraining && { draining: true }), reasons: shown };
    return { code: isWell ? 200 : 503, body: method === 'HEAD' ? '' : JSON.stringify(report) };
  };

  return {
    handle(request, response) {
      const answer = answerTo(request.method, request.url ?? '/');
      if (answer) response.writeHead(answer.code, HEADERS).end(answer.body);
      return answer !== undefined;
    },
    fetch(request) {
      const answer = answerTo(request.method, new URL(request.url).pathname);
      return answer && new Response(answer.body, { status: answer.code, headers: HEADERS });
    },
    drain() {
      isDraining = true;
    },
  };
}

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' };

interface Answer {
  readonly code: number;
  readonly body: string;
}
