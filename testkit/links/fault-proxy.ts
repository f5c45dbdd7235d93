import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one write on its way: passed on, answered here, or passed on with the reply kept back. */
export type Fault =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The database gets it and its reply never comes. */
  | { readonly kind: 'swallow the reply' }
  /** The database gets it, and the connection is cut in place of the reply. */
  | { readonly kind: 'cut after it was applied' }
  /** The database gets it, and the connection is cut in the middle of the reply. */
  | { readonly kind: 'half a reply' }
  /** The connection is cut while the request is being sent; the database gets none of it. */
  | { readonly kind: 'cut while it is sent' };

/** A relay before a real database that does harm to requests as told, one fault for each, then `always`. */
export class FaultProxy {
  readonly faults: Fault[] = [];
  /** What happens to requests that no fault is left for; nothing where it gives none. */
  always: () => Fault | undefined = () => undefined;
  /** Requests so far. */
  relayed = 0;
  /** Writes that reached the database. */
  applied = 0;
  private readonly server: Server;
  private readonly open = new Set<ServerResponse>();

  constructor(private readonly target: string) {
    this.server = createServer((incoming, response) => {
      this.relay(incoming, response);
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const response of this.open) response.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private relay(incoming: IncomingMessage, response: ServerResponse): void {
    this.relayed += 1;
    this.open.add(response);
    response.on('close', () => this.open.delete(response));
    const fault = this.faults.shift() ?? this.always();
    if (fault?.kind === 'answer') {
      incoming.resume().on('end', () => response.writeHead(fault.status, fault.headers).end(fault.body));
      return;
    }
    if (fault?.kind === 'cut while it is sent') {
      incoming.once('data', () => incoming.destroy());
      return;
    }
    const { method, headers } = incoming;
    const onward = request(`${this.target}${incoming.url ?? ''}`, { method, headers, agent: false }, (reply) => {
      if (fault === undefined) {
        response.writeHead(reply.statusCode ?? 0, reply.headers);
        reply.pipe(response);
        return;
      }
      reply.resume();
      this.applied += 1;
      if (fault.kind === 'cut after it was applied') response.destroy();
      if (fault.kind === 'half a reply') {
        response.writeHead(500, { 'content-length': 1000 });
        response.write('{"error":', () => response.destroy());
      }
    });
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  }
}
