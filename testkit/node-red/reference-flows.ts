import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULTS } from '../../nodes/shared/forms';
import type { FlowEntry } from './node-red-admin';
import { freePortRange } from '../servers/ports';
import { ROOT } from '../root';

/** Every flow file below one of the project's folders, as paths relative to it. */
export function listFlows(folder: 'flows' | 'examples'): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort();
}

export function readFlow(folder: 'flows' | 'examples', name: string): readonly FlowEntry[] {
  return JSON.parse(readFileSync(join(ROOT, folder, name), 'utf8')) as readonly FlowEntry[];
}

/** An entry with the defaults that a flow leaves out, as its node reads it. */
export function filled(entry: FlowEntry): FlowEntry {
  const defaults: Readonly<Partial<Record<string, object>>> = DEFAULTS;
  return { ...defaults[entry.type], ...entry };
}

/** Where the servers of a run are; what is absent stays as the flow has it. */
export interface Surroundings {
  /** For each port that simulated meters have in the flow, the one to use; whoever reads them follows. */
  readonly meterPorts?: ReadonlyMap<number, number>;
  readonly brokerPort?: number;
  readonly influxUrl?: string;
  readonly influxOrg?: string;
  readonly influxBucket?: string;
}

/** The first ports of the simulated meters of a flow, each with the number of meters that take it and those after it. */
function meterPortsOf(flow: readonly FlowEntry[]): ReadonlyMap<number, number> {
  const ports = new Map<number, number>();
  for (const { type, port, modbusPort, count } of flow.map(filled)) {
    if (type !== 'pm500-sim') continue;
    for (const first of [port, modbusPort]) if (first !== '') ports.set(Number(first), Number(count));
  }
  return ports;
}

/** Free ports for the simulated meters of a flow: what each port of the flow becomes. */
export async function chooseMeterPorts(flow: readonly FlowEntry[]): Promise<ReadonlyMap<number, number>> {
  const chosen = new Map<number, number>();
  for (const [first, count] of meterPortsOf(flow)) {
    const free = await freePortRange(count);
    for (let index = 0; index < count; index++) chosen.set(first + index, free + index);
  }
  return chosen;
}

/** Another port for each of those of simulated meters, also where one is looked for. */
function adaptPorts(entry: FlowEntry, ports: ReadonlyMap<number, number>): Record<string, unknown> {
  const change = (port: unknown): unknown => {
    const adapted = ports.get(Number(port));
    if (adapted === undefined) return port;
    return typeof port === 'string' ? String(adapted) : adapted;
  };
  const own = Object.entries(filled(entry)).filter(([name]) => ['port', 'modbusPort', 'enipPort'].includes(name));
  const fleet = entry['fleet'] as readonly FlowEntry[] | undefined;
  return {
    ...Object.fromEntries(
      own.map(([name, port]) => [name, change(port)] as const).filter(([name, port]) => port !== filled(entry)[name]),
    ),
    ...(fleet === undefined ? {} : { fleet: fleet.map((row) => ({ ...row, ...adaptPorts(row, ports) })) }),
  };
}

function given(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/** A copy of a flow with other ports and another database; nothing else differs. */
export function adaptFlow(flow: readonly FlowEntry[], to: Surroundings): readonly FlowEntry[] {
  const changes: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'sparkplug-edge': { port: to.brokerPort },
    'iot-target': { port: to.brokerPort },
    'mqtt-broker': { port: to.brokerPort === undefined ? undefined : String(to.brokerPort) },
    'influx-target': { url: to.influxUrl, org: to.influxOrg, bucket: to.influxBucket },
  };
  return flow.map((entry) => {
    const ported = entry.type.startsWith('pm500-') ? adaptPorts(entry, to.meterPorts ?? new Map()) : {};
    return { ...entry, ...ported, ...given(changes[entry.type] ?? {}) };
  });
}

/** The entry of a type that a flow has once. */
export function entryOf(flow: readonly FlowEntry[], type: string): FlowEntry {
  const found = flow.filter((entry) => entry.type === type);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`The flow has ${found.length} nodes of type ${type}.`);
  return filled(first);
}
