import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { parseLine, type ParsedField } from '../delivery/line-protocol-parser';
import { numberOf, textOf, type Settings } from './configuration';
import type { FieldValue, TelegrafMetric } from './metric';

/** Units of `precision`; nanoseconds for anything else. */
const PER_MILLISECOND: Readonly<Record<string, number>> = { s: 0.001, ms: 1, us: 1000 };

function valueOf(field: ParsedField): FieldValue {
  if (field.type === 'boolean' || field.type === 'string') return field.value;
  return field.type === 'float' ? Number(field.text) : BigInt(field.text);
}

function metricOf(line: string, precision: string): TelegrafMetric {
  const { measurement, tags, fields, timestamp } = parseLine(line, 'last');
  return {
    name: measurement,
    tags,
    fields: Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, valueOf(field)])),
    timestamp: Number(timestamp) / (PER_MILLISECOND[precision] ?? 1_000_000),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
}

/**
 * `inputs.influxdb_v2_listener`, by its README.md and influxdb_v2_listener.go: 204 as soon as the lines are in memory,
 * 429 while more than `max_undelivered_metrics` would wait for the outputs, 413 for a request that is larger than that,
 * 400 where any line is none, 401 without the token.
 */
export class Listener {
  private readonly server: Server;
  private undelivered = 0;
  /** Answers that were given, by status. */
  readonly answers: Record<number, number> = {};

  constructor(
    private readonly settings: Settings,
    private readonly take: (metrics: readonly TelegrafMetric[]) => void,
  ) {
    this.server = createServer((request, response) => {
      void this.answer(request).then((status) => {
        this.answers[status] = (this.answers[status] ?? 0) + 1;
        response.writeHead(status).end();
      });
    });
  }

  async start(): Promise<void> {
    const address = textOf(this.settings, 'service_address', ':8086');
    const separator = address.lastIndexOf(':');
    this.server.listen(Number(address.slice(separator + 1)), address.slice(0, separator) || '0.0.0.0');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** So many metrics have left every output. */
  delivered(count: number): void {
    this.undelivered -= count;
  }

  private async answer(request: IncomingMessage): Promise<number> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://telegraf');
    const body = await bodyOf(request);
    const token = textOf(this.settings, 'token');
    if (pathname === '/ping') return 204;
    if (pathname === '/health' || pathname === '/ready') return 200;
    if (token !== '' && request.headers.authorization !== `Token ${token}`) return 401;
    if (pathname !== '/api/v2/write') return 404;
    const metrics: TelegrafMetric[] = [];
    try {
      const lines = body.split('\n').filter((line) => line !== '');
      metrics.push(...lines.map((line) => metricOf(line, searchParams.get('precision') ?? 'ns')));
    } catch {
      return 400;
    }
    const most = numberOf(this.settings, 'max_undelivered_metrics');
    if (most > 0 && metrics.length > most) return 413;
    if (most > 0 && this.undelivered + metrics.length > most) return 429;
    this.undelivered += metrics.length;
    this.take(metrics);
    return 204;
  }
}
