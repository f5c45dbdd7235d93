import { setTimeout as pause } from 'node:timers/promises';
import { encodePayload, type PayloadMetric } from '../../../src/sparkplug/codec/payload';
import { EdgeSession } from '../../../src/sparkplug/session/session';
import { realDependencies } from '../../../testkit/sparkplug/real-dependencies';
import { hostState, rebirthCommand, sample } from '../../../testkit/sparkplug/samples';
import { waitFor } from '../../../testkit/wait';
import { DEVICES, EDGE_NODE, GROUP, type Plant } from './plant';

/** Something that happens to an edge node; it ends with everything in order again, but for what has to catch up. */
export interface Fault {
  readonly name: string;
  readonly run: (plant: Plant) => Promise<void>;
}

const HOST = 'scada';
const STATE = `spBv1.0/STATE/${HOST}`;
const HOURS_MS = 3_600_000;
const MANY_COMMANDS = 100;

/** Long enough for values to be published into whatever is wrong. */
const A_WHILE_MS = 1500;

async function untilNoticed(plant: Plant): Promise<void> {
  await plant.until('the loss to be noticed', ({ phase }) => phase !== 'born');
}

/** What a host sends that is wrong, one kind after the other. */
function malformedCommands(): readonly Uint8Array[] {
  const command = (...metrics: readonly PayloadMetric[]): Uint8Array =>
    encodePayload({ timestamp: Date.now(), metrics });
  const name = 'Node Control/Rebirth';
  return [
    new Uint8Array(0),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff),
    Buffer.from('{"rebirth": true}'),
    rebirthCommand().subarray(0, 9),
    command(),
    command({ name, type: 'String', value: 'true' }),
    command({ name, type: 'Boolean', value: null }),
    command({ name, type: 'Int32', value: 1 }),
    command({ name, type: 'Boolean', value: false }),
    command({ name: 'Node Control/Scan Rate', type: 'Int32', value: 1 }),
    command(
      ...Array.from({ length: 2000 }, (_, index): PayloadMetric => ({
        name: `m${index}`,
        type: 'Double',
        value: index,
      })),
    ),
    encodePayload({ timestamp: Date.now(), metrics: [{ name: 'a', alias: 1, type: 'Float', value: 5 }] }),
  ];
}

/** A second edge node of the same IDs, as a copy of a flow makes one. */
async function withDouble(plant: Plant, run: () => Promise<void>): Promise<void> {
  const double = new EdgeSession(
    {
      node: { groupId: GROUP, edgeNodeId: EDGE_NODE },
      broker: { host: '127.0.0.1', port: plant.broker.port, keepAliveSeconds: 2, connectTimeoutMs: 5000 },
      settleMs: 50,
    },
    realDependencies(),
  );
  double.start();
  double.publish('other', [sample('a', 1, { at: Date.now() })]);
  try {
    await waitFor('the double', () => double.state.devices.length === 1);
    await run();
  } finally {
    await double.close();
  }
}

async function restartBroker(plant: Plant, isKilled: boolean): Promise<void> {
  await plant.stopBroker(isKilled);
  await untilNoticed(plant);
  await pause(A_WHILE_MS);
  await plant.startBroker();
}

async function cutAndWait(plant: Plant, cut: () => void): Promise<void> {
  cut();
  await untilNoticed(plant);
}

async function killOn(plant: Plant, restore: () => void): Promise<void> {
  await pause(A_WHILE_MS);
  plant.wire.isKilled = true;
  await plant.edge.kill();
  restore();
  await plant.edge.start();
}

async function endSessions({ link }: Plant, type: 'NBIRTH' | 'DBIRTH', isPassedOn: boolean): Promise<void> {
  link.endings = { left: 3, type, isPassedOn };
  link.reset();
  await waitFor('three ends', () => link.endings.left === 0, { timeoutMs: 60_000 });
}

export const FAULTS: readonly Fault[] = [
  { name: 'the broker is killed and started again', run: (plant) => restartBroker(plant, true) },
  { name: 'the broker is restarted in order', run: (plant) => restartBroker(plant, false) },
  {
    name: 'the link is cut without FIN',
    run: (plant) =>
      cutAndWait(plant, () => {
        plant.link.cutSilently();
      }),
  },
  {
    name: 'half-open: the broker has gone',
    run: (plant) =>
      cutAndWait(plant, () => {
        plant.link.cutAtBroker();
      }),
  },
  {
    name: 'half-open: the broker knows nothing',
    run: (plant) =>
      cutAndWait(plant, () => {
        plant.link.cutAtClient();
      }),
  },
  {
    name: 'nothing comes back from the broker',
    run: (plant) =>
      cutAndWait(plant, () => {
        plant.link.deafen();
      }),
  },
  {
    name: 'the link is slow',
    run: async ({ link }) => {
      link.bytesPerSecond = 1500;
      await pause(4 * A_WHILE_MS);
      link.bytesPerSecond = undefined;
    },
  },
  {
    name: 'connections end before the broker answers',
    run: async (plant) => {
      const { link } = plant;
      link.isAway = true;
      link.reset();
      await pause(3 * A_WHILE_MS);
      link.isAway = false;
    },
  },
  {
    name: 'access rules drop births',
    run: async (plant) => {
      const { judge } = plant;
      judge.suspend();
      plant.writeAccess(`topic deny spBv1.0/${GROUP}/NBIRTH/${EDGE_NODE}`);
      plant.reloadAccess();
      await pause(A_WHILE_MS);
      await plant.command(rebirthCommand());
      await plant.until('the alarm', ({ alarm }) => alarm === 'SPARKPLUG_BIRTH_NOT_RETURNED');
      plant.writeAccess();
      plant.reloadAccess();
      await pause(A_WHILE_MS);
      judge.resume();
      await plant.command(rebirthCommand());
      await plant.until('the end of the alarm', ({ alarm }) => alarm === undefined);
    },
  },
  {
    name: 'the broker takes small packets only',
    run: async (plant) => {
      const { judge } = plant;
      await plant.stopBroker(false);
      await plant.startBroker([`max_packet_size ${Math.ceil(0.9 * judge.largestMessage)}`]);
      await pause(8 * A_WHILE_MS);
      await plant.stopBroker(false);
      await plant.startBroker([]);
      // Whoever gives the broker another limit deploys the edge node: what it learned it keeps for an hour.
      await plant.edge.deploy();
    },
  },
  { name: 'the broker ends sessions after births', run: (plant) => endSessions(plant, 'DBIRTH', true) },
  { name: 'a policy ends sessions at births', run: (plant) => endSessions(plant, 'NBIRTH', false) },
  {
    name: 'the clock jumps',
    run: async ({ edge, link }) => {
      for (const hours of [100, -100, 0]) {
        edge.tell({ kind: 'clock', offsetMs: hours * HOURS_MS });
        await pause(A_WHILE_MS);
        if (hours === -100) link.reset();
      }
    },
  },
  {
    name: 'the primary host comes and goes',
    run: async (plant) => {
      let time = Date.now();
      const tell = (online: boolean): Promise<unknown> =>
        plant.watcher.publishAsync(STATE, Buffer.from(hostState(online, time++)), { qos: 1, retain: true });
      await plant.watcher.publishAsync(STATE, '', { qos: 1, retain: true });
      await plant.edge.deploy({ primaryHostId: HOST });
      await plant.until('the wait for the host', ({ phase }) => phase === 'waiting');
      await pause(A_WHILE_MS);
      // Deployed while it waits: a session that was never born ends.
      await plant.edge.deploy({ primaryHostId: HOST });
      await plant.until('the wait for the host', ({ phase }) => phase === 'waiting');
      for (let round = 0; round < 3; round++) {
        await tell(true);
        await plant.untilBorn();
        await tell(false);
        await untilNoticed(plant);
      }
      for (const online of [true, false, true, false, true]) await tell(online);
      await plant.untilBorn();
      await plant.edge.deploy();
    },
  },
  {
    name: 'it is deployed again and again',
    run: async (plant) => {
      for (let round = 0; round < 3; round++) {
        await plant.edge.deploy({ name: `round ${round}` });
        if (round === 1) await plant.untilBorn();
      }
    },
  },
  {
    name: 'a meter is removed while its history waits',
    run: async (plant) => {
      const { link, edge } = plant;
      link.isAway = true;
      link.reset();
      await pause(2 * A_WHILE_MS);
      await edge.deploy({}, DEVICES.slice(0, 1));
      link.isAway = false;
      await plant.untilBorn();
      await pause(2 * A_WHILE_MS);
      await edge.deploy();
    },
  },
  {
    name: 'it is killed on a dead link',
    run: (plant) => {
      plant.link.cutSilently();
      return killOn(plant, () => undefined);
    },
  },
  {
    name: 'it is killed while the broker is away',
    run: (plant) => {
      plant.link.isAway = true;
      plant.link.reset();
      return killOn(plant, () => (plant.link.isAway = false));
    },
  },
  { name: 'it is killed', run: (plant) => killOn(plant, () => undefined) },
  {
    name: 'there are two edge nodes of one ID',
    run: async (plant) => {
      plant.judge.suspend();
      await withDouble(plant, () => plant.until('the alarm', ({ alarm }) => alarm === 'SPARKPLUG_ID_DUPLICATE'));
      await plant.barrier();
      plant.judge.resume();
      await plant.edge.deploy();
    },
  },
  {
    name: 'hosts ask for rebirths all the time',
    run: async (plant) => {
      for (let index = 0; index < MANY_COMMANDS; index++) {
        await plant.command(rebirthCommand());
        if (index % 10 === 0) await pause(A_WHILE_MS / 10);
      }
    },
  },
  {
    name: 'commands are malformed',
    run: async (plant) => {
      for (const payload of malformedCommands()) await plant.command(payload);
      await plant.watcher.publishAsync(
        `spBv1.0/${GROUP}/DCMD/${EDGE_NODE}/${DEVICES[0]}`,
        Buffer.from(rebirthCommand()),
      );
      await plant.command(rebirthCommand(), { retain: true });
      plant.link.reset();
      await plant.untilBorn();
      await plant.command(new Uint8Array(0), { retain: true });
    },
  },
  {
    name: 'a meter does not answer',
    run: async (plant) => {
      const { edge } = plant;
      edge.tell({ kind: 'lose', devices: ['M2'] });
      await plant.until('the death of the device', ({ devices }) => devices.join() === 'M1');
      plant.link.reset();
      await pause(A_WHILE_MS);
      edge.tell({ kind: 'lose', devices: [] });
    },
  },
];
