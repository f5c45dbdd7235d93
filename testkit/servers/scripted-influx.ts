import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { freePort } from './ports';

/** A request that the scripted server has received whole. */
export interface ReceivedWrite {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly lines: readonly string[];
}

/** Answers one request; `socket` is there for answers that HTTP does not know. */
export type Answer = (response: ServerResponse, received: ReceivedWrite, socket: Socket) => void;

/** An HTTP status with headers and text. */
export function reply(status: number, text = '', headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, headers).end(text);
  };
}

/** A status as InfluxDB 2 explains it. */
export function replyJson(status: number, message: string): Answer {
  const body = JSON.stringify({ code: 'invalid', message });
  return reply(status, body, { 'content-type': 'application/json; charset=utf-8' });
}

export const written = reply(204);

/** Never answers. */
export const silence: Answer = () => undefined;

function bodyOf(bytes: Buffer, headers: IncomingMessage['headers']): string {
  return (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
}

/**
 * An InfluxDB v2 write API that answers as told, one answer for each request, then with `fallback`. It keeps what it
 * acknowledged, keyed like a database: a line that comes twice is there once.
 */
export class ScriptedInflux {
  readonly received: ReceivedWrite[] = [];
  readonly stored = new Set<string>();
  connections = 0;
  inFlight = 0;
  mostInFlight = 0;
  /** What an empty write is answered, which asks whether points would be taken; these are not among `received`. */
  probe: Answer = written;
  probes = 0;
  private readonly script: Answer[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly listeners = new Set<() => void>();
  private server: Server | undefined;
  private port = 0;

  constructor(public fallback: Answer = written) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Listens; again on the same port when it was stopped. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.receive(request, response);
    });
    server.on('connection', (socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    });
    // One that no connection takes while nobody listens there.
    if (this.port === 0) this.port = await freePort();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
    this.server = server;
  }

  async stop(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  answer(...answers: readonly Answer[]): void {
    this.script.push(...answers);
  }

  /** Resolves once `isTrue` holds, looked at after every request. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.listeners.delete(listener);
          resolve();
        };
        this.listeners.add(listener);
      });
    }
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    response.on('close', () => {
      this.inFlight -= 1;
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const received = { method, url, headers, lines: bodyOf(Buffer.concat(chunks), headers).split('\n') };
      if (method === 'GET' || received.lines.join('') === '') {
        this.probes += 1;
        this.probe(response, received, request.socket);
        return;
      }
      this.received.push(received);
      const answer = this.script.shift() ?? this.fallback;
      answer(response, received, request.socket);
      if (response.statusCode === 204 && response.writableEnded)
        for (const line of received.lines) this.stored.add(line);
      for (const listener of [...this.listeners]) listener();
    });
  }
}
