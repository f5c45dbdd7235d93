import { EventEmitter, once } from 'node:events';
import { Pm500Error } from '../../src/support/errors';
import { silentLogger } from '../../src/support/logger';
import { systemClock } from '../../src/support/clock';
import { createExplicitTransport } from '../../src/transport/ethernet-ip/explicit/explicit';
import { ModbusRtuServer } from '../../src/simulator/modbus/modbus-rtu-server';
import { ModbusTarget } from '../../src/simulator/modbus/modbus-target';
import { wireAddress } from '../../src/transport/modbus/address';
import { ReadOnlySocket, type Framing } from '../../src/transport/modbus/read-only-socket';
import { createModbusRtuTransport } from '../../src/transport/modbus/rtu';
import { createModbusRtuTcpTransport } from '../../src/transport/modbus/rtu-tcp';
import { createModbusTcpTransport } from '../../src/transport/modbus/tcp';
import { createConnectedTransport } from '../../src/transport/ethernet-ip/explicit/connected';
import { createImplicitTransport } from '../../src/transport/ethernet-ip/implicit/implicit';
import type { Transport } from '../../src/transport/transport';
import { seededRandom } from '../../src/support/random';
import { connectionsOf } from '../../testkit/meters/implicit-bench';
import { FakeTransport } from '../../testkit/meters/fake-transport';
import { MemorySerial } from '../../testkit/meters/memory-serial';
import { SerialServerPeer } from '../../testkit/meters/serial-server-peer';
import { ModbusPeer, PEER_PRODUCT, PEER_REGISTERS } from '../../testkit/meters/modbus-peer';
import { PEER_IDENTITY, ScriptedPeer } from '../../testkit/links/scripted-peer';
import { describeTransport, type Protocol } from './transport.suite';
import { PM500 } from '../../src/meters/pm500';

/** Where the registers stand that hold what an assembly holds. */
const registerOf = (instance: number): number => (instance === 101 ? 300_081 : 316_385);

const MODBUS: Protocol = {
  block: (instance, sizeBytes) => ({ kind: 'registers', register: registerOf(instance), words: sizeBytes / 2 }),
  foreignBlock: { kind: 'assembly', instance: 101, sizeBytes: 48 },
  connectFailed: 'MODBUS_CONNECT_FAILED',
  connectionLost: 'MODBUS_CONNECTION_LOST',
  refusal: { code: 'MODBUS_EXCEPTION', details: { exceptionCode: 2 } },
  tellsSize: false,
};

const REFUSED = new Pm500Error('CIP_STATUS', 'The meter refused.', {
  details: { generalStatus: 0x16, extendedStatus: [] },
});

describeTransport('in-memory fake', () => {
  const transport = new FakeTransport();
  return Promise.resolve({
    transport,
    identity: transport.identity,
    setAssembly: (instance, bytes) => void transport.assemblies.set(instance, bytes),
    refuse: (instance) => void transport.refusals.set(instance, REFUSED),
    stall: () => {
      transport.stalled = true;
    },
    stalledRequest: () => Promise.resolve(),
    resume: () => {
      transport.stalled = false;
    },
    dropConnection: () => {
      transport.drop();
    },
    goAway: () => {
      transport.openError = new Pm500Error('ENIP_CONNECT_FAILED', 'Nothing listens there; check the address.');
      return Promise.resolve();
    },
    comeBack: () => {
      transport.openError = undefined;
      return Promise.resolve();
    },
    dispose: () => Promise.resolve(),
  });
});

/** An EtherNet/IP transport against a peer that answers as a meter does. */
function describeEthernetIp(name: string, create: (port: number) => Transport): void {
  describeTransport(name, async () => {
    const peer = new ScriptedPeer();
    const connections = connectionsOf(peer);
    peer.connections = connections;
    await connections.open();
    const port = await peer.listen();
    const arrivals = new EventEmitter();
    let arrived: Promise<unknown> = Promise.resolve();
    return {
      transport: create(port),
      identity: PEER_IDENTITY,
      setAssembly: (instance, bytes) => void peer.assemblies.set(instance, bytes),
      refuse: (instance) => void peer.refusals.set(instance, { generalStatus: 0x16 }),
      stall: () => {
        arrived = once(arrivals, 'request');
        peer.fault = { act: () => arrivals.emit('request') };
      },
      stalledRequest: async () => {
        await arrived;
      },
      resume: () => {
        peer.fault = undefined;
      },
      dropConnection: () => {
        peer.hangUp();
      },
      goAway: () => peer.close(),
      comeBack: async () => {
        await peer.listen();
      },
      dispose: async () => {
        await Promise.all([peer.close(), connections.close()]);
      },
    };
  });
}

const SETTINGS = { host: '127.0.0.1', connectTimeoutMs: 4000, replyTimeoutMs: 4000 };
const DEPENDENCIES = { clock: systemClock, logger: silentLogger, random: seededRandom(1) };

describeEthernetIp('EtherNet/IP explicit', (port) => createExplicitTransport({ ...SETTINGS, port }, DEPENDENCIES));
describeEthernetIp('EtherNet/IP class 3', (port) => createConnectedTransport({ ...SETTINGS, port }, DEPENDENCIES));
describeEthernetIp('EtherNet/IP implicit', (port) =>
  createImplicitTransport(PM500, { ...SETTINGS, port, mode: 'input-only', rpiMs: 100, receivePort: 0 }, DEPENDENCIES),
);

/** The links to a peer of Modbus over TCP, which never connect while the meter is stalled. */
function stallingLinks(peer: ModbusPeer | SerialServerPeer, framing: Framing) {
  const arrivals = new EventEmitter();
  let stalled = false;
  let arrived: Promise<unknown> = Promise.resolve();
  class StallingSocket extends ReadOnlySocket {
    override begin(host: string, port: number): void {
      if (stalled) arrivals.emit('request');
      else super.begin(host, port);
    }
  }
  return {
    createSocket: (where: string) => new StallingSocket(where, framing),
    controls: {
      stall: () => {
        stalled = true;
        arrived = once(arrivals, 'request');
        peer.fault = () => arrivals.emit('request');
      },
      stalledRequest: async () => {
        await arrived;
      },
      resume: () => {
        stalled = false;
        peer.fault = undefined;
      },
      dropConnection: () => {
        peer.hangUp();
      },
      goAway: () => peer.close(),
      comeBack: async () => {
        await peer.listen();
      },
      dispose: () => peer.close(),
    },
  };
}

/** A meter that answers RTU frames with registers which a test sets. */
function rtuMeter() {
  const spans = new Map<number, Uint8Array>();
  const refused = new Set<number>();
  const target = new ModbusTarget({
    read: (address, words) =>
      refused.has(address) ? undefined : (spans.get(address) ?? PEER_REGISTERS.get(address))?.subarray(0, 2 * words),
  });
  return {
    server: new ModbusRtuServer(target, 1),
    values: {
      identity: PEER_PRODUCT,
      setAssembly: (instance: number, bytes: Uint8Array) =>
        void spans.set(wireAddress(PM500, registerOf(instance)), bytes),
      refuse: (instance: number) => void refused.add(wireAddress(PM500, registerOf(instance))),
    },
  };
}

/** Longer than a busy computer leaves this process without time: both sides are in it. */
const REPLY_TIMEOUT_MS = 1000;
const MODBUS_SETTINGS = { unitId: 1, connectTimeoutMs: 4000, releaseAfterIdleMs: 60_000 };

describeTransport(
  'Modbus TCP',
  async () => {
    const peer = new ModbusPeer();
    const { createSocket, controls } = stallingLinks(peer, 'tcp');
    return {
      ...controls,
      transport: createModbusTcpTransport(
        PM500,
        { ...MODBUS_SETTINGS, host: '127.0.0.1', port: await peer.listen(), replyTimeoutMs: 4000 },
        { clock: systemClock, logger: silentLogger, createSocket },
      ),
      identity: PEER_PRODUCT,
      setAssembly: (instance, bytes) => void peer.spans.set(registerOf(instance), bytes),
      refuse: (instance) => void peer.refusals.set(registerOf(instance), 2),
    };
  },
  MODBUS,
);

describeTransport(
  'Modbus RTU',
  () => {
    const { server, values } = rtuMeter();
    const line = new MemorySerial();
    const answer = (request: Buffer): readonly Uint8Array[] => server.push(request);
    line.answer = answer;
    let arrived: Promise<unknown> = Promise.resolve();
    return Promise.resolve({
      transport: createModbusRtuTransport(
        PM500,
        { ...MODBUS_SETTINGS, path: '/dev/ttyTEST', baudRate: 9600, parity: 'none', replyTimeoutMs: REPLY_TIMEOUT_MS },
        { clock: systemClock, logger: silentLogger, loadBinding: () => line },
      ),
      ...values,
      stall: () => {
        line.stallsOpening = true;
        line.answer = () => [];
        arrived = Promise.race([line.next('request'), line.next('opening')]);
      },
      stalledRequest: async () => {
        await arrived;
      },
      resume: () => {
        line.stallsOpening = false;
        line.answer = answer;
      },
      dropConnection: () => {
        line.unplug();
      },
      goAway: () => {
        line.openError = new Error('No such file or directory');
        return Promise.resolve();
      },
      comeBack: () => {
        line.openError = undefined;
        return Promise.resolve();
      },
      dispose: () => Promise.resolve(),
    });
  },
  MODBUS,
);

describeTransport(
  'Modbus RTU over TCP',
  async () => {
    const { server, values } = rtuMeter();
    const peer = new SerialServerPeer(server);
    const { createSocket, controls } = stallingLinks(peer, 'rtu');
    return {
      ...controls,
      ...values,
      transport: createModbusRtuTcpTransport(
        PM500,
        { ...MODBUS_SETTINGS, host: '127.0.0.1', port: await peer.listen(), replyTimeoutMs: REPLY_TIMEOUT_MS },
        { clock: systemClock, logger: silentLogger, createSocket },
      ),
    };
  },
  MODBUS,
);
