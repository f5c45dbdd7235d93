import { DEFAULTS } from '../../nodes/shared/forms';
import { DASHBOARD, startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import type { Credentials, FlowEntry } from '../../testkit/node-red/node-red-admin';
import { freePort, portNear } from '../../testkit/servers/ports';
import { adaptFlow, entryOf, readFlow } from '../../testkit/node-red/reference-flows';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { startBroker, type Broker } from './broker';
import { withDashboard } from './dashboard';
import { openDatabase, type Database } from './database';

const EDITOR_PORT = 1880;

/** Everything the demo has started, and where it is. */
export interface Stage {
  readonly meterPort: number;
  readonly broker: Broker;
  /** The one that runs now. */
  readonly nodeRed: NodeRed;
  /** This one and those before, the first first. */
  readonly nodeReds: readonly NodeRed[];
  /** Absent where there is none: points wait in the outbox. */
  readonly database: Database | undefined;
  /** The flow as it was deployed. */
  readonly flow: readonly FlowEntry[];
  /** True where the live dashboard is beside it. */
  readonly hasDashboard: boolean;
  /** Ends Node-RED without a chance to clean up. */
  killNodeRed(): Promise<void>;
  /** Starts it again in its user folder; the flow that was deployed runs at once. */
  restartNodeRed(): Promise<void>;
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
  /** True: with the live dashboard beside the flow. */
  readonly hasDashboard: boolean;
  /** Called when the broker is up and before anything publishes. */
  readonly onBroker?: (broker: Broker) => Promise<void>;
  /** Makes of the flow what is deployed, for who watches. */
  readonly watched?: (flow: readonly FlowEntry[]) => readonly FlowEntry[];
}

function credentialsFor(flow: readonly FlowEntry[], database: Database | undefined): Credentials {
  const token = database?.access.token ?? '';
  return token === '' ? {} : { [entryOf(flow, 'influx-target').id]: { token } };
}

/** One Node-RED after another in one user folder. */
class NodeRedRuns {
  readonly all: NodeRed[] = [];
  private readonly userDir = temporaryFolder('demo');

  constructor(
    private readonly port: number,
    private readonly otherPackages: readonly string[],
  ) {}

  get last(): NodeRed {
    const last = this.all.at(-1);
    if (last === undefined) throw new Error('Node-RED was not started yet.');
    return last;
  }

  async start(): Promise<void> {
    this.all.push(await startNodeRed({ port: this.port, userDir: this.userDir, otherPackages: this.otherPackages }));
  }

  async kill(): Promise<void> {
    await this.last.process.kill();
    this.last.channel.close();
  }

  async end(): Promise<void> {
    await this.all.at(-1)?.stop();
    removeFolder(this.userDir);
  }
}

/** Starts broker, database and Node-RED, and deploys the flow; ports that are taken are replaced in a copy of it. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const {
    environment,
    curtain,
    isPrivate,
    hasDashboard,
    onBroker,
    watched = (flow: readonly FlowEntry[]) => flow,
  } = options;
  const choosePort = (usual: number): Promise<number> => (isPrivate ? freePort() : portNear(usual));
  const broker = await startBroker(await choosePort(DEFAULTS['sparkplug-edge'].port));
  curtain.add(() => broker.stop());
  await onBroker?.(broker);
  const runs = new NodeRedRuns(await choosePort(EDITOR_PORT), hasDashboard ? [DASHBOARD] : []);
  curtain.add(() => runs.end());
  const [database] = await Promise.all([openDatabase(environment, choosePort), runs.start()]);
  if (database?.own !== undefined) curtain.add(() => database.own?.stop() ?? Promise.resolve());
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
  const deployed = hasDashboard ? await withDashboard(flow) : flow;
  await runs.last.admin.deploy(watched(deployed), credentialsFor(flow, database));
  return {
    meterPort,
    broker,
    get nodeRed() {
      return runs.last;
    },
    nodeReds: runs.all,
    database,
    flow,
    hasDashboard,
    killNodeRed: () => runs.kill(),
    restartNodeRed: () => runs.start(),
  };
}
