import { createServer, request as httpRequest, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A request that a proxy has taken, with the user and password that came with it. */
export interface ProxyRequest {
  readonly method: string;
  /** What stood behind the method: a whole URL, or host and port after CONNECT. */
  readonly target: string;
  /** `user:password`; empty where none was given. */
  readonly login: string;
}

/**
 * A small HTTP proxy (RFC 9110, 7.6 and 9.3.6): passes plain requests on and opens tunnels. It alone knows the names of
 * `hosts`, as the proxy of a plant often does.
 */
export class ForwardProxy {
  readonly requests: ProxyRequest[] = [];
  /** Answered to whoever wants a tunnel, in place of opening it. */
  refusal: number | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  /** @param hosts names, and the local port that each stands for */
  constructor(
    private readonly hosts: ReadonlyMap<string, number>,
    /** `user:password` that it wants; whoever has another is answered 407. */
    private readonly login = '',
  ) {
    this.server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      if (!this.take(method, url, headers['proxy-authorization'])) {
        response.writeHead(407, { 'proxy-authenticate': 'Basic realm="plant"' }).end();
        return;
      }
      const { hostname, pathname, search } = new URL(url);
      const port = this.hosts.get(hostname);
      if (port === undefined) {
        response.writeHead(502).end();
        return;
      }
      const onward = httpRequest(
        { host: '127.0.0.1', port, method, path: `${pathname}${search}`, headers },
        (reply) => {
          response.writeHead(reply.statusCode ?? 502, reply.headers);
          reply.pipe(response);
        },
      );
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });
    this.server.on('connection', (socket) => {
      this.keep(socket);
    });
    this.server.on('connect', (request, socket: Socket) => {
      const { url = '', headers } = request;
      const isWelcome = this.take('CONNECT', url, headers['proxy-authorization']);
      const port = this.hosts.get(url.replace(/:\d+$/, ''));
      const refusal = this.refusal ?? (isWelcome ? undefined : 407);
      if (refusal !== undefined || port === undefined) {
        socket.end(`HTTP/1.1 ${refusal ?? 502} No\r\nconnection: close\r\n\r\n`);
        return;
      }
      const onward = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      this.keep(onward);
      onward.on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    });
  }

  /** @returns its port */
  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private take(method: string, target: string, authorization = ''): boolean {
    const login = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
    this.requests.push({ method, target, login });
    return login === this.login;
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
  }
}
