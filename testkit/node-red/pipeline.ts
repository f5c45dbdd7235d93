import { readdirSync, readlinkSync } from 'node:fs';
import { startMosquitto, type Mosquitto } from '../servers/mosquitto';
import { DASHBOARD, startNodeRed, type NodeRed, type NodeRedOptions } from './node-red';
import type { FlowEntry } from './node-red-admin';
import { adaptFlow, chooseMeterPorts, readFlow } from './reference-flows';
import { startVictoriaMetrics, type VictoriaMetrics } from '../servers/victoria-metrics';

/** What a reference flow needs around it, all real. */
export interface Pipeline {
  readonly broker: Mosquitto;
  readonly database: VictoriaMetrics;
  readonly nodeRed: NodeRed;
  /** A flow of the project with the ports of this pipeline. */
  flow(folder: 'flows' | 'examples', name: string): Promise<readonly FlowEntry[]>;
  /** Deploys a reference flow as it would be imported, but for the ports. */
  run(name: string): Promise<readonly FlowEntry[]>;
  stop(): Promise<void>;
}

/** Starts Mosquitto, VictoriaMetrics and Node-RED, with Dashboard for the flows that have a page on it. */
export async function startPipeline(options: NodeRedOptions = {}): Promise<Pipeline> {
  const [broker, database, nodeRed] = await Promise.all([
    startMosquitto(),
    startVictoriaMetrics(),
    startNodeRed({ otherPackages: [DASHBOARD], ...options }),
  ]);
  const flow = async (folder: 'flows' | 'examples', name: string): Promise<readonly FlowEntry[]> => {
    const original = readFlow(folder, name);
    const meterPorts = await chooseMeterPorts(original);
    return adaptFlow(original, { meterPorts, brokerPort: broker.port, influxUrl: database.url });
  };
  return {
    broker,
    database,
    nodeRed,
    flow,
    run: async (name) => {
      const deployed = await flow('flows', name);
      await nodeRed.admin.deploy(deployed);
      return deployed;
    },
    stop: async () => {
      await nodeRed.stop();
      await Promise.all([broker.stop(), database.stop()]);
    },
  };
}

/** Sockets that a process has open, listening ones included; Linux only. */
export function countSockets(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}
