import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Telemetry } from '../src/domain/messages/telemetry';
import type { BenchWriter } from './influx-writer';

type Definition = Readonly<Record<string, unknown>>;
type Constructor = (this: EventEmitter, definition: Definition) => void;

/** As much of Node-RED as the nodes of that package use. */
class SmallRuntime {
  private readonly types = new Map<string, Constructor>();
  private readonly instances = new Map<unknown, EventEmitter>();
  readonly _ = (key: string): string => key;
  readonly nodes = {
    createNode: (node: EventEmitter, { id }: Definition): void => {
      Object.assign(node, { credentials: { username: '', password: '', token: 'none' } });
      this.instances.set(id, node);
    },
    registerType: (type: string, constructor: Constructor): void => {
      this.types.set(type, constructor);
    },
    getNode: (id: unknown): EventEmitter | null => this.instances.get(id) ?? null,
  };

  create(type: string, definition: Definition): EventEmitter {
    const node = new EventEmitter();
    const constructor = this.types.get(type);
    if (constructor === undefined) throw new Error(`node-red-contrib-influxdb has no node "${type}".`);
    constructor.call(node, definition);
    return node;
  }
}

/** `[fields, tags]`, the usual message to that node. */
function payloadOf({ meter, metrics, timestamp }: Telemetry): unknown {
  const fields: Record<string, unknown> = { time: timestamp };
  for (const name in metrics) fields[name] = metrics[name]?.value;
  return [fields, { ...meter.tags, meter: meter.name }];
}

/**
 * The node "influxdb out" of node-red-contrib-influxdb itself, which makes a request for every message. All messages that
 * come together are given to it at once, as Node-RED does.
 */
export function openContribNode(url: string, api: 'v1' | 'v2', database: string): BenchWriter {
  const register = createRequire(__filename)('node-red-contrib-influxdb/influxdb.js') as (
    runtime: SmallRuntime,
  ) => void;
  const runtime = new SmallRuntime();
  register(runtime);
  const { hostname, port } = new URL(url);
  runtime.create('influxdb', {
    id: 'server',
    influxdbVersion: api === 'v1' ? '1.x' : '2.0',
    ...{ hostname, port, database, url, timeout: '10' },
  });
  const node = runtime.create('influxdb out', {
    id: 'out',
    influxdb: 'server',
    measurement: database,
    ...{ precision: 'ms', precisionV18FluxV20: 'ms', org: 'none', bucket: database },
  });
  const receive = (telemetry: Telemetry): Promise<void> =>
    new Promise((resolve) => {
      // How it ended does not matter: a query tells what the database has.
      const done = (): void => {
        resolve();
      };
      node.emit('input', { payload: payloadOf(telemetry) }, () => undefined, done);
    });
  return {
    write: async (telemetries) => {
      await Promise.all(telemetries.map(receive));
    },
    settle: () => Promise.resolve(),
    // The node itself does nothing when it is closed.
    close: () => Promise.resolve(),
  };
}
