import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FlowEntry } from './node-red-admin';

const ROOT = resolve(__dirname, '../..');

/** Every flow file below one of the project's folders, as paths relative to it. */
export function listFlows(folder: 'flows' | 'examples'): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort();
}

export function readFlow(folder: 'flows' | 'examples', name: string): readonly FlowEntry[] {
  return JSON.parse(readFileSync(join(ROOT, folder, name), 'utf8')) as readonly FlowEntry[];
}

/** Where the servers of a run are; what is absent stays as the flow has it. */
export interface Surroundings {
  /** For each port that simulated meters have in the flow, the one to use; meters that read them follow. */
  readonly meterPorts?: ReadonlyMap<number, number>;
  readonly brokerPort?: number;
  readonly influxUrl?: string;
  readonly influxOrg?: string;
  readonly influxBucket?: string;
}

/** The ports of the simulated meters of a flow. */
export function meterPortsOf(flow: readonly FlowEntry[]): readonly number[] {
  return [...new Set(flow.filter(({ type }) => type === 'pm500-sim').map((entry) => Number(entry['port'])))];
}

function given(properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/** A copy of a flow with other ports and another database; nothing else differs. */
export function adaptFlow(flow: readonly FlowEntry[], to: Surroundings): readonly FlowEntry[] {
  const changes: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    'sparkplug-edge': { port: to.brokerPort },
    'mqtt-broker': { port: to.brokerPort === undefined ? undefined : String(to.brokerPort) },
    'influx-target': { url: to.influxUrl, org: to.influxOrg, bucket: to.influxBucket },
  };
  return flow.map((entry) => {
    const isMeter = entry.type === 'pm500-sim' || entry.type === 'pm500-meter';
    const change = isMeter ? { port: to.meterPorts?.get(Number(entry['port'])) } : changes[entry.type];
    return { ...entry, ...given(change ?? {}) };
  });
}

/** The entry of a type that a flow has once. */
export function entryOf(flow: readonly FlowEntry[], type: string): FlowEntry {
  const found = flow.filter((entry) => entry.type === type);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`The flow has ${found.length} nodes of type ${type}.`);
  return first;
}
