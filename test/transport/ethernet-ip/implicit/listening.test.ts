import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { ListeningService } from '../../../../src/simulator/ethernet-ip/connection-admission';
import { startPlcOriginator, type PlcOriginator } from '../../../../src/simulator/ethernet-ip/plc-originator';
import { constantProfile } from '../../../../src/simulator/model/plain-profiles';
import type { Simulator } from '../../../../src/simulator/simulator';
import { systemClock } from '../../../../src/support/clock';
import { hasCode } from '../../../../src/support/errors';
import type { Logger } from '../../../../src/support/logger';
import { silentLogger } from '../../../../src/support/logger';
import { seededRandom } from '../../../../src/support/random';
import type { CyclicDelivery } from '../../../../src/transport/ethernet-ip/wire/connection-parameters';
import { DatagramRegistry } from '../../../../src/transport/ethernet-ip/implicit/datagram-registry';
import type { OpenDatagramSocket } from '../../../../src/transport/ethernet-ip/implicit/datagram-socket';
import {
  createImplicitTransport,
  type ImplicitSettings,
} from '../../../../src/transport/ethernet-ip/implicit/implicit';
import { connectTcp, type Connect } from '../../../../src/transport/ethernet-ip/session/socket';
import type { Transport } from '../../../../src/transport/transport';
import { rejectsWith } from '../../../../testkit/expect-error';
import { STATES, VOLTAGES } from '../../../../testkit/meters/explicit-bench';
import { waitFor } from '../../../../testkit/wait';
import { startOneMeter } from '../../../../testkit/simulator/one-meter';
import { PM500 } from '../../../../src/meters/pm500';

const FORWARD_OPEN = 0x54;
const GROUP = { address: '239.192.78.1', port: 22_278 };

type Emit = (event: string, ...given: unknown[]) => boolean;
const nothingOf =
  (left: string, emit: Emit): Emit =>
  (event, ...given) =>
    event !== left && emit(event, ...given);

describe('Listen Only beside a PLC', () => {
  const transports: Transport[] = [];
  const owners: PlcOriginator[] = [];
  const simulators: Simulator[] = [];
  let told: string[];

  const logger: Logger = { ...silentLogger, info: (message) => told.push(message) };
  const start = async (listenOnly: ListeningService): Promise<Simulator['meters'][number]> => {
    const simulator = await startOneMeter({ multicast: GROUP, listenOnly, load: constantProfile(50_000) });
    simulators.push(simulator);
    return simulator.meters[0]!;
  };
  const own = async (port: number, delivery: CyclicDelivery, rpiMs = 200): Promise<PlcOriginator> => {
    const owner = await startPlcOriginator(
      PM500,
      { host: '127.0.0.1', port, blocks: [VOLTAGES, STATES], rpiMs, delivery },
      { clock: systemClock, logger: silentLogger, random: seededRandom(3) },
    );
    owners.push(owner);
    return owner;
  };
  const listen = (
    port: number,
    settings: Partial<ImplicitSettings> = {},
    open?: OpenDatagramSocket,
    connect?: Connect,
  ): Transport => {
    const transport = createImplicitTransport(
      PM500,
      {
        host: '127.0.0.1',
        port,
        connectTimeoutMs: 4000,
        replyTimeoutMs: 4000,
        mode: 'listen-only',
        rpiMs: 200,
        timeoutMultiplier: 4,
        receivePort: 0,
        ...settings,
      },
      {
        clock: systemClock,
        logger,
        random: seededRandom(5),
        // A registry of its own is what another program has.
        datagrams: new DatagramRegistry(),
        ...(open === undefined ? {} : { openDatagramSocket: open }),
        ...(connect === undefined ? {} : { connect }),
      },
    );
    transports.push(transport);
    return transport;
  };
  const waysOf = ({ traffic }: Transport): unknown => {
    assert.ok(traffic !== undefined);
    return { multicast: traffic.multicast, pointToPoint: traffic.pointToPoint };
  };

  beforeEach(() => {
    told = [];
  });
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    await Promise.all(owners.splice(0).map((owner) => owner.close()));
    await Promise.all(simulators.splice(0).map((simulator) => simulator.close()));
  });

  it('joins the multicast of the PLC, in several programs at once, and says so once', async () => {
    const { port } = await start('both');
    await own(port, 'multicast');
    const programs = [listen(port), listen(port)];
    for (const program of programs) {
      await program.open();
      assert.equal((await program.read(VOLTAGES)).length, 48);
      assert.equal((await program.read(STATES)).length, 4);
      assert.deepEqual(waysOf(program), { multicast: 2, pointToPoint: 0 });
      assert.deepEqual(program.traffic?.groups, [`${GROUP.address}:${GROUP.port}`]);
      assert.ok(program.traffic.heartbeats >= 2, 'heartbeats are sent to the meter nevertheless');
    }
    assert.equal(told.length, 2, 'each program says it once, not for each assembly');
    assert.match(told[0]!, /by multicast 239\.192\.78\.1, UDP port 22278, no frame more than to the PLC alone/);
  });

  it('has the meter send nothing more than the PLC alone has it send', async () => {
    const meter = await start('both');
    await own(meter.port, 'multicast');
    const listener = listen(meter.port);
    await listener.open();
    await listener.read(VOLTAGES);
    let ofVoltages = 0;
    const stop = meter.onServed(({ assembly }) => {
      if (assembly === VOLTAGES.instance) ofVoltages++;
    });
    const before = listener.traffic!.frames;
    // Every frame of the meter is one that the listener gets: none is for the listener alone.
    await waitFor('three frames', () => listener.traffic!.frames >= before + 3);
    stop();
    const frames = listener.traffic!.frames - before;
    assert.ok(ofVoltages - frames >= 0 && ofVoltages - frames <= 1, `${ofVoltages} sent, ${frames} taken`);
  });

  it('listens to an adapter that writes another number for IPv4 into its socket addresses', async () => {
    const { port } = await start('multicast');
    await own(port, 'multicast');
    let rewritten = 0;
    const connect: Connect = (host, toPort, onBytes) =>
      connectTcp(host, toPort, (chunk) => {
        const bytes = Buffer.from(chunk);
        for (const type of [0x8000, 0x8001]) {
          const item = Buffer.alloc(6);
          item.writeUInt16LE(type, 0);
          item.writeUInt16LE(16, 2);
          item.writeUInt16BE(2, 4);
          const at = bytes.indexOf(item);
          if (at < 0) continue;
          bytes.writeUInt16BE(type === 0x8000 ? 1 : 0x0200, at + 4);
          rewritten++;
        }
        onBytes(bytes);
      });
    const transport = listen(port, {}, undefined, connect);
    await transport.open();
    assert.equal((await transport.read(STATES)).length, STATES.sizeBytes);
    assert.ok(rewritten > 0);
    assert.match(told.join(), /by multicast 239\.192\.78\.1/);
  });

  it('listens to a device that grants it by multicast alone, at the interval of the PLC', async () => {
    const meter = await start('multicast');
    await own(meter.port, 'multicast', 300);
    const listener = listen(meter.port, { rpiMs: 100 });
    await listener.open();
    assert.equal((await listener.read(VOLTAGES)).length, 48);
    assert.deepEqual(waysOf(listener), { multicast: 1, pointToPoint: 0 });
    assert.equal(meter.stats.services[FORWARD_OPEN], 4, 'two of the PLC, one refused with the interval, one granted');
  });

  it('says what to do where such a device has an owner that reads point-to-point', async () => {
    const meter = await start('multicast');
    await own(meter.port, 'point-to-point');
    const listener = listen(meter.port);
    await listener.open();
    const error = await rejectsWith(listener.read(VOLTAGES), 'ENIP_NO_OWNER');
    assert.match(error.message, /set its connection to multicast/);
  });

  it('falls back to point-to-point where that is all there is, and asks for nothing else from then on', async () => {
    const meter = await start('point-to-point');
    await own(meter.port, 'multicast');
    const listener = listen(meter.port);
    await listener.open();
    assert.equal((await listener.read(VOLTAGES)).length, 48);
    const opensBefore = meter.stats.services[FORWARD_OPEN]!;
    assert.equal((await listener.read(STATES)).length, 4);
    assert.equal(meter.stats.services[FORWARD_OPEN], opensBefore + 1);
    assert.deepEqual(waysOf(listener), { multicast: 0, pointToPoint: 2 });
    assert.match(told[0]!, /point-to-point, each frame once more than to the PLC alone.*0x0124/);
  });

  it('reads point-to-point beside an owner that does, where the meter serves it', async () => {
    const meter = await start('point-to-point');
    await own(meter.port, 'point-to-point');
    const listener = listen(meter.port, { delivery: 'point-to-point' });
    await listener.open();
    assert.equal((await listener.read(VOLTAGES)).length, 48);
    assert.equal(meter.stats.services[FORWARD_OPEN], 3, 'nothing was asked for but what was chosen');
  });

  it('does not leave the delivery that a person has chosen', async () => {
    const meter = await start('point-to-point');
    await own(meter.port, 'multicast');
    const listener = listen(meter.port, { delivery: 'multicast' });
    await listener.open();
    const error = await rejectsWith(listener.read(VOLTAGES), 'CIP_STATUS');
    assert.match(error.message, /choose the other delivery/);
  });

  it('tells that there is no PLC, whichever delivery the meter serves', async () => {
    for (const listenOnly of ['both', 'multicast', 'point-to-point'] as const) {
      const { port } = await start(listenOnly);
      const listener = listen(port);
      await listener.open();
      await rejectsWith(listener.read(VOLTAGES), 'ENIP_NO_OWNER');
    }
  });

  it('reads point-to-point when a switch lets no multicast through', async () => {
    const meter = await start('both');
    await own(meter.port, 'multicast');
    const closed: OpenDatagramSocket = (share) => {
      const socket = createSocket({ type: 'udp4', reuseAddr: share });
      const emit = socket.emit.bind(socket) as Emit;
      return share ? Object.assign(socket, { emit: nothingOf('message', emit) }) : socket;
    };
    const listener = listen(meter.port, { replyTimeoutMs: 2000, rpiMs: 100 }, closed);
    const silent = new Promise((resolve) => {
      listener.onState(({ state, error }) => {
        if (state === 'closed') resolve(error);
      });
    });
    await listener.open();
    await rejectsWith(listener.read(VOLTAGES), 'ENIP_REPLY_TIMEOUT');
    assert.ok(hasCode(await silent, 'ENIP_REPLY_TIMEOUT'));
    await listener.open();
    assert.equal((await listener.read(VOLTAGES)).length, 48);
    assert.deepEqual(waysOf(listener), { multicast: 0, pointToPoint: 1 });
  });

  it('receives at another port where a program has the usual one, unless a person has chosen it', async () => {
    const meter = await start('both');
    const other = createSocket('udp4');
    other.bind(2222, '127.0.0.1');
    // The simulated meter itself has it, or else this socket.
    await once(other, 'listening').catch(() => undefined);
    const reader = createImplicitTransport(
      PM500,
      {
        host: '127.0.0.1',
        port: meter.port,
        connectTimeoutMs: 4000,
        replyTimeoutMs: 4000,
        rpiMs: 100,
        mode: 'input-only',
      },
      { clock: systemClock, logger, random: seededRandom(5), datagrams: new DatagramRegistry() },
    );
    transports.push(reader);
    await reader.open();
    assert.equal((await reader.read(VOLTAGES)).length, 48);
    assert.match(told[0]!, /UDP port 2222 is taken .* the meter is told to send its data to port \d+/);
    await rejectsWith(listen(meter.port, { mode: 'input-only', receivePort: 2222 }).open(), 'ENIP_PORT_IN_USE');
    other.close();
  });

  it('asks with the configuration instance that a person has chosen', async () => {
    const { port } = await start('both');
    const reader = listen(port, { mode: 'input-only', configurationInstance: 128 });
    await reader.open();
    const error = await rejectsWith(reader.read(VOLTAGES), 'CIP_STATUS');
    assert.match(error.message, /0x0129.*give the configuration instance/);
  });
});
