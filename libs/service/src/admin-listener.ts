import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidValueError } from '@medlego/errors';

export interface AdminOptions {
  readonly host: string;
  readonly port: number;
  /** What is not ready, in words; none: ready. */
  readonly problems: () => readonly string[];
  readonly answerMetrics: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface AdminListener {
  readonly port: number;
  close(): Promise<void>;
}

/** `/livez`, `/readyz` and `/metrics`, for probes and Prometheus, apart from what clients reach. @throws InvalidValueError for a port that is taken */
export async function listenForAdmins({ host, port, problems, answerMetrics }: AdminOptions): Promise<AdminListener> {
  const answer = (response: ServerResponse, status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void answer(response, 405, { error: 'Only GET.' });
    switch (new URL(request.url ?? '/', 'http://admin').pathname) {
      case '/livez':
        return void answer(response, 200, { live: true });
      case '/readyz': {
        const found = problems();
        return void answer(response, found.length === 0 ? 200 : 503, { ready: found.length === 0, problems: found });
      }
      case '/metrics':
        return answerMetrics(request, response);
      default:
        return void answer(response, 404, { error: 'There are /livez, /readyz and /metrics.' });
    }
  });
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    const actual = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidValueError({ field: 'admin port', expected: `${host}:${port} to be free`, actual }, { cause });
  });
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, close };
}
