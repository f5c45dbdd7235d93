import { DEFAULTS } from '../../nodes/shared/defaults';
import { startNodeRed, type NodeRed } from '../../test/support/node-red';
import type { Credentials, FlowEntry } from '../../test/support/node-red-admin';
import { freePort, portNear } from '../../test/support/ports';
import { adaptFlow, entryOf, readFlow } from '../../test/support/reference-flows';
import { startBroker } from './broker';
import { openDatabase, type Database } from './database';

const EDITOR_PORT = 1880;

/** Everything the demo has started, and where it is. */
export interface Stage {
  readonly meterPort: number;
  readonly brokerUrl: string;
  readonly nodeRed: NodeRed;
  /** Absent where there is none: points wait in the outbox. */
  readonly database: Database | undefined;
  /** The flow as it was deployed. */
  readonly flow: readonly FlowEntry[];
}

/** Things to end, last started first. */
export class Curtain {
  private readonly steps: (() => Promise<unknown>)[] = [];
  private falling: Promise<void> | undefined;

  add(step: () => Promise<unknown>): void {
    this.steps.push(step);
  }

  /** Ends everything once; what cannot be ended cleanly is said and does not keep the rest. */
  fall(): Promise<void> {
    this.falling ??= this.end();
    return this.falling;
  }

  private async end(): Promise<void> {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step();
      } catch (thrown) {
        console.error(`Ending was not clean: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
    }
  }
}

export interface StageOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly curtain: Curtain;
  /** True: no usual ports, so that nothing else on this machine, such as another flow that looks for a broker, joins in. */
  readonly isPrivate: boolean;
  /** Called when the broker is up and before anything publishes. */
  readonly onBroker?: (url: string) => Promise<void>;
}

function credentialsFor(flow: readonly FlowEntry[], database: Database | undefined): Credentials {
  const token = database?.access.token ?? '';
  return token === '' ? {} : { [entryOf(flow, 'influx-target').id]: { token } };
}

/** Starts broker, database and Node-RED, and deploys the flow; ports that are taken are replaced in a copy of it. */
export async function startStage({ environment, curtain, isPrivate, onBroker }: StageOptions): Promise<Stage> {
  const choosePort = (usual: number): Promise<number> => (isPrivate ? freePort() : portNear(usual));
  const broker = await startBroker(await choosePort(DEFAULTS['sparkplug-edge'].port));
  curtain.add(() => broker.stop());
  await onBroker?.(broker.url);
  const database = await openDatabase(environment, choosePort);
  if (database?.stop !== undefined) curtain.add(database.stop);
  const nodeRed = await startNodeRed({ port: await choosePort(EDITOR_PORT) });
  curtain.add(() => nodeRed.stop());
  const meterDefault = DEFAULTS['pm500-sim'].port;
  const meterPort = await choosePort(meterDefault);
  const access = database?.access;
  const flow = adaptFlow(readFlow('flows', 'first-meter.json'), {
    meterPorts: new Map([[meterDefault, meterPort]]),
    brokerPort: broker.port,
    // Without a database, nobody else's may get the points by chance.
    influxUrl: access?.url ?? `http://127.0.0.1:${await freePort()}`,
    ...(access === undefined || access.org === '' ? {} : { influxOrg: access.org }),
    ...(access === undefined || access.bucket === '' ? {} : { influxBucket: access.bucket }),
  });
  await nodeRed.admin.deploy(flow, credentialsFor(flow, database));
  return { meterPort, brokerUrl: broker.url, nodeRed, database, flow };
}
