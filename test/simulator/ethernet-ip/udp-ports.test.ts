import assert from 'node:assert/strict';
import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { groupOf } from '../../../src/simulator/host-networks';
import { ImplicitPort } from '../../../src/simulator/ethernet-ip/implicit-port';
import { startSimulator, type Simulator } from '../../../src/simulator/simulator';
import type { SimulatedMeterSettings } from '../../../src/simulator/simulator-settings';
import { systemClock } from '../../../src/support/clock';
import { silentLogger } from '../../../src/support/logger';
import { discoverByUdp } from '../../../src/transport/ethernet-ip/discovery';
import { encodeCyclicFrame } from '../../../src/transport/ethernet-ip/wire/cyclic-frame';
import { decodeForwardOpen, encodeForwardOpen } from '../../../src/transport/ethernet-ip/wire/forward-open';
import { FakeClock } from '../../../testkit/fake-clock';
import { waitFor } from '../../../testkit/wait';
import { oneMeter } from '../../../testkit/simulator/one-meter';
import { connectionPointsOf } from '../../../src/transport/ethernet-ip/wire/connection-parameters';
import { PM500 } from '../../../src/meters/pm500';

const meter = (index: number, changes: Partial<SimulatedMeterSettings> = {}): SimulatedMeterSettings =>
  oneMeter({ serialNumber: 940_000_001 + index, seed: index, ...changes });

describe('UDP ports of simulated meters', () => {
  const simulators: Simulator[] = [];
  const start = async (meters: readonly SimulatedMeterSettings[]): Promise<Simulator> => {
    const simulator = await startSimulator(PM500, { meters });
    simulators.push(simulator);
    return simulator;
  };
  afterEach(async () => {
    await Promise.all(simulators.splice(0).map((simulator) => simulator.close()));
  });

  it('hear heartbeats at one port for all meters of an address, each its own', async () => {
    const clock = new FakeClock();
    const create = (): ImplicitPort =>
      new ImplicitPort({
        model: PM500,
        bind: '127.0.0.1',
        port: 22_279,
        clock,
        logger: silentLogger,
        maximumConnections: 18,
        bounds: { minimumMs: 100, maximumMs: 10_000 },
        group: { address: '239.192.1.0', port: 2222 },
        source: { sizeOf: () => 48, read: () => Buffer.alloc(48) },
      });
    const ports = [create(), create()];
    await Promise.all(ports.map((port) => port.open()));
    const ids = ports.map(({ table }, index) => {
      const bytes = encodeForwardOpen({
        connectionSerial: index,
        vendorId: 1,
        originatorSerial: 2,
        targetToOriginatorId: 7,
        rpiMicroseconds: 200_000,
        timeoutMultiplierCode: 0,
        connection: {
          kind: 'input-only',
          instance: 101,
          sizeBytes: 48,
          delivery: 'point-to-point',
          ...connectionPointsOf(PM500, 'input-only'),
        },
      });
      const outcome = table.open(decodeForwardOpen(bytes), { address: '127.0.0.1', link: {}, receivePort: 9 });
      assert.ok('reply' in outcome);
      return outcome.reply.originatorToTargetId;
    });
    assert.notEqual(ids[0], ids[1]);
    const originator = createSocket('udp4');
    const beat = encodeCyclicFrame({ connectionId: ids[1]!, sequence: 1, count: 1, data: Buffer.alloc(0) });
    originator.send(beat, 22_279, '127.0.0.1');
    // Its first heartbeat shortens the time-out of the second meter's connection, and no other.
    await waitFor('the heartbeat to be heard', async () => {
      await clock.advance(100);
      return ports[1]!.table.summaries.length === 0;
    });
    assert.equal(ports[0]!.table.summaries.length, 1);
    await ports[0]!.close();
    await ports[1]!.close();
    originator.close();
    assert.equal(clock.pending, 0);
  });

  it('are told when another program has the usual one', async () => {
    const other = createSocket('udp4');
    other.bind(2222, '127.0.0.9');
    await once(other, 'listening');
    const simulator = await start([meter(0, { bind: '127.0.0.9' })]);
    assert.notEqual(simulator.meters[0]!.implicitPort, 2222);
    await simulator.close();
    other.close();
    await once(other, 'close');
    const usual = await start([meter(0, { bind: '127.0.0.9' }), meter(1, { bind: '127.0.0.9' })]);
    assert.deepEqual(
      usual.meters.map(({ implicitPort }) => implicitPort),
      [2222, 2222],
    );
  });

  it('that the system chooses are taken after those that are named, so that no meter takes the port of the next', async () => {
    const own = Object.getOwnPropertyDescriptor(Socket.prototype, 'bind')!;
    const bind = own.value as (...given: unknown[]) => unknown;
    const ports: number[] = [];
    Object.defineProperty(Socket.prototype, 'bind', {
      ...own,
      value: function (this: Socket, ...given: unknown[]) {
        ports.push(Number(given[0]));
        return Reflect.apply(bind, this, given);
      },
    });
    try {
      const meters = Array.from({ length: 5 }, (_, index) =>
        meter(index, { enipPort: 21_000 + index, implicitPort: 0 }),
      );
      await start(meters);
    } finally {
      Object.defineProperty(Socket.prototype, 'bind', own);
    }
    const firstChosen = ports.indexOf(0);
    assert.equal(ports.filter((port) => port === 0).length, 5);
    assert.ok(
      ports.slice(firstChosen).every((port) => port === 0),
      ports.join(' '),
    );
  });

  it('hear a search that is sent to everybody, and answer from the address of each meter', async () => {
    const port = 21_100;
    await start([meter(0, { enipPort: port }), meter(1, { enipPort: port, bind: '127.0.0.2' })]);
    const found = await discoverByUdp(
      { address: '127.255.255.255', port, timeoutMs: 4000, stopAfter: 2, localAddress: '127.0.0.1' },
      { clock: systemClock, logger: silentLogger },
    );
    assert.deepEqual(found.map(({ address, port: tcp, identity }) => [address, tcp, identity.serialNumber]).sort(), [
      ['127.0.0.1', port, 940_000_001],
      ['127.0.0.2', port, 940_000_002],
    ]);
  });

  it('belong to the multicast group that follows from the address', () => {
    assert.equal(groupOf('127.0.0.1'), '239.192.1.0');
    assert.equal(groupOf('127.0.0.2'), '239.192.1.32');
    assert.equal(groupOf('127.0.4.0'), '239.192.128.224');
    assert.equal(groupOf('127.0.0.1', 33), '239.192.1.33');
    assert.equal(groupOf('127.0.4.0', 32), '239.192.1.0', 'behind the last comes the first');
  });
});
