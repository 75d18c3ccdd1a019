import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a probe is told, and whether it is good news. */
export interface Report {
  ok: boolean;
  body: Record<string, unknown>;
}

/** The two questions of an orchestrator: restart it? send it work? */
export interface Probes {
  live(): Report | Promise<Report>;
  ready(): Report | Promise<Report>;
}

/**
 * `GET /livez` and `GET /readyz` of a process that otherwise serves nothing: JSON, 200 or 503. Plain `node:http`, so
 * that a worker needs no web framework.
 */
export class HealthServer {
  private readonly server: Server;

  constructor(private readonly probes: Probes) {
    this.server = createServer((request, response) => {
      const path = request.url?.split('?')[0];
      if (path === '/livez') return void this.answer(response, () => this.probes.live());
      if (path === '/readyz') return void this.answer(response, () => this.probes.ready());
      send(response, 404, { status: 'unknown', paths: ['/livez', '/readyz'] });
    });
  }

  /** Rejects when the port is taken. Answers the port, which the system chose for 0. */
  listen(port: number, host?: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        resolve((this.server.address() as AddressInfo).port);
      });
    });
  }

  /** Stops at once; probes that wait get a closed connection. Calling twice is harmless. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async answer(response: ServerResponse, ask: () => Report | Promise<Report>): Promise<void> {
    try {
      const { ok, body } = await ask();
      send(response, ok ? 200 : 503, body);
    } catch (error) {
      send(response, 503, { status: 'down', message: String(error) });
    }
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
