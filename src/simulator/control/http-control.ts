import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { hasCode, Pm500Error, toPm500Error } from '../../support/errors';
import { isRecord } from '../../support/expect';
import { listenTcp } from '../bind';
import { stateOf, type SimulatorControl } from './control';
import { FAULTS } from '../faults/fault-table';
import type { RunningMeter } from '../running-meter';
import type { Simulator } from '../simulator';

/** An order has a few dozen bytes. */
const MAXIMUM_BODY_BYTES = 16_384;
const REQUEST_TIMEOUT_MS = 5000;
const LOOPBACK_NAMES = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/i;

interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A request that cannot be served, with the status that says so. */
class ControlRefusal extends Pm500Error {
  constructor(
    readonly status: number,
    sentence: string,
  ) {
    super('MESSAGE_INVALID', sentence);
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  // A web page that knows the port can send no such content type without being asked first.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new ControlRefusal(415, 'The body is not application/json; send it as JSON and say so in the content type.');
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAXIMUM_BODY_BYTES)
      throw new ControlRefusal(413, `The body is longer than ${MAXIMUM_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new ControlRefusal(
      400,
      'The body is not JSON; send an object such as {"fault":"silence","durationMs":5000}.',
    );
  }
}

/** Shows simulated meters and takes orders for faults over HTTP, in JSON. */
export class HttpControl {
  private server: Server | undefined;

  constructor(
    private readonly simulator: Simulator,
    private readonly control: SimulatorControl,
  ) {}

  /**
   * @param port 0 lets the system choose
   * @returns the port
   * @throws Pm500Error SIMULATOR_BIND_FAILED
   */
  async open(address: string, port: number): Promise<number> {
    const onlyLoopback = LOOPBACK_NAMES.test(address);
    const server = createServer((request, response) => {
      void this.serve(request, response, onlyLoopback);
    });
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    server.headersTimeout = REQUEST_TIMEOUT_MS;
    const chosen = await listenTcp(server, address, port);
    this.server = server;
    return chosen;
  }

  /** Resolves when it listens no more and nobody is connected. May be called twice. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse, onlyLoopback: boolean): Promise<void> {
    response.on('error', () => undefined);
    const { status, body } = await this.answer(request, onlyLoopback);
    const text = `${JSON.stringify(body)}\n`;
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(text);
    // What is left of a body that is too long is not waited for.
    if (status === 413) response.on('finish', () => request.destroy());
  }

  private async answer(request: IncomingMessage, onlyLoopback: boolean): Promise<ControlAnswer> {
    try {
      // A name that a stranger's name server points at this machine is no name of this machine.
      if (onlyLoopback && !LOOPBACK_NAMES.test(request.headers.host ?? '')) {
        throw new ControlRefusal(403, 'The host in the request is not this machine; use 127.0.0.1 or localhost.');
      }
      return await this.route(request);
    } catch (thrown) {
      const { code, message } = toPm500Error(thrown);
      const status = thrown instanceof ControlRefusal ? thrown.status : hasCode(thrown, 'INTERNAL') ? 500 : 400;
      return { status, body: { error: { code, message } } };
    }
  }

  private async route(request: IncomingMessage): Promise<ControlAnswer> {
    const [path = '/'] = (request.url ?? '/').split('?');
    const parts = path.split('/').filter((part) => part !== '');
    const [first, meter, third, fault] = parts;
    const method = request.method ?? 'GET';
    if (parts.length === 0)
      return this.only('GET', method, () => ({ meters: this.control.states.length, faults: FAULTS }));
    if (first !== 'meters' || parts.length > 4 || (third !== undefined && third !== 'faults')) {
      throw new ControlRefusal(404, `There is nothing at ${path.slice(0, 80)}; begin with GET /.`);
    }
    if (meter === undefined) return this.only('GET', method, () => this.control.states);
    const index = this.indexOf(meter);
    const running = this.meterAt(index);
    const state = (): unknown => stateOf(running, index);
    if (third === undefined) return this.only('GET', method, state);
    if (method === 'DELETE') {
      this.control.order({ clear: fault ?? true, meter: index + 1 });
      return { status: 200, body: state() };
    }
    if (method === 'GET' && fault === undefined) return { status: 200, body: running.faults.active };
    if (method !== 'POST' || fault !== undefined) return this.refuseMethod(method, 'GET, POST or DELETE');
    const order = await readBody(request);
    if (!isRecord(order))
      throw new ControlRefusal(400, 'The body is no JSON object; send for instance {"fault":"silence"}.');
    this.control.order({ ...order, meter: index + 1 });
    return { status: 201, body: state() };
  }

  private only(allowed: string, method: string, body: () => unknown): ControlAnswer {
    return method === allowed ? { status: 200, body: body() } : this.refuseMethod(method, allowed);
  }

  private refuseMethod(method: string, allowed: string): never {
    throw new ControlRefusal(405, `${method} does nothing here; use ${allowed}.`);
  }

  private indexOf(text: string): number {
    return /^\d{1,4}$/.test(text) ? Number(text) - 1 : -1;
  }

  private meterAt(index: number): RunningMeter {
    const { meters } = this.simulator;
    const meter = meters[index];
    if (meter !== undefined) return meter;
    throw new ControlRefusal(404, `There is no such meter; they are numbered from 1 to ${meters.length}.`);
  }
}
