import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { ImplicitPort } from '../../../../src/simulator/ethernet-ip/implicit-port';
import { systemClock } from '../../../../src/support/clock';
import { hasCode, type ErrorCode } from '../../../../src/support/errors';
import { silentLogger } from '../../../../src/support/logger';
import { seededRandom } from '../../../../src/support/random';
import { CIP_CLASS, CONNECTION_SERVICE } from '../../../../src/transport/ethernet-ip/wire/cip';
import { DatagramRegistry } from '../../../../src/transport/ethernet-ip/implicit/datagram-registry';
import {
  openDatagramSocket,
  type OpenDatagramSocket,
} from '../../../../src/transport/ethernet-ip/implicit/datagram-socket';
import { COMMAND } from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import { decodeForwardOpen, type ReceivedForwardOpen } from '../../../../src/transport/ethernet-ip/wire/forward-open';
import {
  createImplicitTransport,
  type ImplicitDependencies,
  type ImplicitSettings,
} from '../../../../src/transport/ethernet-ip/implicit/implicit';
import type { Transport, TransportStateChange } from '../../../../src/transport/transport';
import { rejectsWith, throwsWith } from '../../../../testkit/expect-error';
import { STATES, VOLTAGES } from '../../../../testkit/meters/explicit-bench';
import { connectionsOf } from '../../../../testkit/meters/implicit-bench';
import { ScriptedPeer } from '../../../../testkit/links/scripted-peer';
import { waitFor } from '../../../../testkit/wait';
import { PM500 } from '../../../../src/meters/pm500';

describe('implicit transport: what a meter may refuse and what may break', () => {
  const transports: Transport[] = [];
  const registry = new DatagramRegistry();
  let peer: ScriptedPeer;
  let connections: ImplicitPort;
  let port: number;

  const create = (
    settings: Partial<ImplicitSettings> = {},
    dependencies: Partial<ImplicitDependencies> = {},
  ): Transport => {
    const transport = createImplicitTransport(
      PM500,
      {
        host: '127.0.0.1',
        port,
        connectTimeoutMs: 4000,
        replyTimeoutMs: 4000,
        mode: 'input-only',
        rpiMs: 100,
        receivePort: 0,
        ...settings,
      },
      { clock: systemClock, logger: silentLogger, random: seededRandom(5), datagrams: registry, ...dependencies },
    );
    transports.push(transport);
    return transport;
  };
  const opens = (): ReceivedForwardOpen[] =>
    peer.requests
      .filter(
        ({ service, path }) =>
          path.classId === CIP_CLASS.connectionManager && service === CONNECTION_SERVICE.forwardOpen,
      )
      .map(({ data }) => decodeForwardOpen(data));
  const closes = (): number =>
    peer.requests.filter(({ service }) => service === CONNECTION_SERVICE.forwardClose).length;
  const nextClosed = (transport: Transport): Promise<TransportStateChange> =>
    new Promise((resolve) => {
      transport.onState((change) => {
        if (change.state === 'closed') resolve(change);
      });
    });

  beforeEach(async () => {
    peer = new ScriptedPeer();
    peer.assemblies.set(101, Buffer.alloc(48, 1));
    peer.assemblies.set(108, Buffer.alloc(4, 2));
    connections = connectionsOf(peer);
    peer.connections = connections;
    await connections.open();
    port = await peer.listen();
  });
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    await Promise.all([peer.close(), connections.close()]);
  });

  it('asks no meter for an interval below what it bears', () => {
    for (const rpiMs of [0, 99, 99.9, -1, Number.NaN, 60_001]) {
      const error = throwsWith(() => create({ rpiMs }), 'CONFIG_INVALID');
      assert.match(error.message, /100 to 60000 ms/);
    }
    throwsWith(() => create({ timeoutMultiplier: 5 }), 'CONFIG_INVALID');
    assert.doesNotThrow(() => create({ rpiMs: 100, timeoutMultiplier: 512 }));
  });

  const REFUSALS: readonly (readonly [number, number, ErrorCode, boolean])[] = [
    [1, 0x0100, 'ENIP_OWNERSHIP_CONFLICT', true],
    [1, 0x0106, 'ENIP_OWNERSHIP_CONFLICT', true],
    [1, 0x0109, 'METER_SIZE_MISMATCH', false],
    [1, 0x0111, 'CIP_STATUS', false],
    [1, 0x0113, 'ENIP_CONNECTION_LIMIT', true],
    [1, 0x0119, 'ENIP_NO_OWNER', true],
    [1, 0x0203, 'ENIP_CONNECTION_LOST', false],
    [2, 0, 'ENIP_CONNECTION_LIMIT', true],
  ];
  for (const [generalStatus, extended, code, concernsMeter] of REFUSALS) {
    it(`tells refusal 0x${generalStatus.toString(16)}/0x${extended.toString(16)} as ${code}`, async () => {
      peer.refusals.set(101, { generalStatus, extendedStatus: extended === 0 ? [] : [extended] });
      const transport = create();
      await transport.open();
      const closed = nextClosed(transport);
      const error = await rejectsWith(transport.read(VOLTAGES), code);
      assert.match(error.message, /^Receiving assembly 101 of 127\.0\.0\.1:\d+ was refused/);
      if (!concernsMeter) {
        assert.equal(transport.state, 'open');
        return;
      }
      assert.equal((await closed).error?.code, code);
      peer.refusals.clear();
      await transport.open();
      assert.equal((await transport.read(VOLTAGES)).length, 48);
    });
  }

  it('keeps other connections when one is refused, and does not ask again at once', async () => {
    const transport = create();
    await transport.open();
    await transport.read(STATES);
    peer.refusals.set(101, { generalStatus: 1, extendedStatus: [0x0113] });
    for (let attempt = 0; attempt < 5; attempt++) await rejectsWith(transport.read(VOLTAGES), 'ENIP_CONNECTION_LIMIT');
    assert.equal(transport.state, 'open');
    assert.equal((await transport.read(STATES))[0], 2);
    assert.equal(opens().filter(({ path }) => path.points[1] === 101).length, 1);
  });

  it('opens one connection for all who read an assembly, and numbers every connection differently', async () => {
    const [first, second] = [create(), create()];
    await Promise.all([first.open(), second.open()]);
    await Promise.all([VOLTAGES, VOLTAGES, STATES].flatMap((block) => [first.read(block), second.read(block)]));
    const requests = opens();
    assert.equal(requests.length, 4);
    assert.equal(new Set(requests.map(({ connectionSerial }) => connectionSerial)).size, 4);
    assert.equal(new Set(requests.map(({ targetToOriginatorId }) => targetToOriginatorId)).size, 4);
    assert.equal(new Set(requests.map(({ originatorSerial }) => originatorSerial)).size, 1);
  });

  it('closes every connection in order before it leaves', async () => {
    const transport = create();
    await transport.open();
    await Promise.all([transport.read(VOLTAGES), transport.read(STATES)]);
    await transport.close();
    assert.equal(connections.table.summaries.length, 0);
    assert.equal(peer.frames.at(-1)?.command, COMMAND.unRegisterSession);
  });

  it('closes although the meter does not answer the Forward Close', async () => {
    const transport = create();
    await transport.open();
    await transport.read(STATES);
    peer.fault = { act: () => undefined };
    await transport.close();
    assert.equal(transport.state, 'closed');
  });

  const sessions = (): number => peer.frames.filter(({ command }) => command === COMMAND.registerSession).length;

  it('goes on with what the meter sends when its session is lost, and opens another one beside it', async () => {
    const transport = create({ maximumAgeMs: 0 });
    await transport.open();
    const changes: TransportStateChange[] = [];
    transport.onState((change) => changes.push(change));
    await transport.read(STATES);
    peer.hangUp();
    while (sessions() < 2) assert.equal((await transport.read(STATES))[0], 2);
    await waitFor('the session', () => transport.identify().then(() => true));
    assert.equal((await transport.read(VOLTAGES)).length, 48, 'a further assembly is opened through the new session');
    assert.deepEqual([changes, opens().length], [[], 2], 'the assembly was not asked for again');
    await transport.close();
    assert.deepEqual([connections.table.summaries.length, closes()], [0, 2], 'both are closed in order');
  });

  it('is lost when its session is gone and the meter falls silent, together with everything that waits', async () => {
    const transport = create({ maximumAgeMs: 0, timeoutMultiplier: 4 });
    await transport.open();
    await transport.read(STATES);
    await peer.close();
    connections.table.clear();
    const closed = nextClosed(transport);
    await rejectsWith(transport.read(STATES), 'ENIP_REPLY_TIMEOUT');
    assert.equal((await closed).error?.code, 'ENIP_REPLY_TIMEOUT');
    await peer.listen();
    await transport.open();
    assert.equal((await transport.read(STATES))[0], 2);
  });

  it('closes one connection of many to a meter that has forgotten all, and says that it answers again', async () => {
    const transport = create({ maximumAgeMs: 0, timeoutMultiplier: 32 });
    await transport.open();
    await Promise.all([transport.read(VOLTAGES), transport.read(STATES)]);
    const closed = nextClosed(transport);
    await peer.close();
    connections.table.clear();
    await peer.listen();
    const { error } = await closed;
    assert.deepEqual([error?.code, error?.details], ['ENIP_REPLY_TIMEOUT', { answersAgain: true }]);
    assert.match(error?.message ?? '', /no data arrived within 250 ms/);
    assert.equal(closes(), 1);
    await transport.open();
    assert.equal((await transport.read(STATES))[0], 2);
  });

  it('closes every connection to a meter that still knows them', async () => {
    const sockets: Socket[] = [];
    const openSocket: OpenDatagramSocket = (share) => {
      const socket = openDatagramSocket(share);
      sockets.push(socket);
      return socket;
    };
    const transport = create(
      { timeoutMultiplier: 4 },
      { datagrams: new DatagramRegistry(), openDatagramSocket: openSocket },
    );
    await transport.open();
    await Promise.all([transport.read(VOLTAGES), transport.read(STATES)]);
    const closed = nextClosed(transport);
    for (const socket of sockets) socket.removeAllListeners('message');
    assert.deepEqual((await closed).error?.details, {});
    assert.deepEqual([connections.table.summaries.length, closes()], [0, 2]);
  });

  it('closes when the meter falls silent, and opens again', async () => {
    const transport = create({ timeoutMultiplier: 4 });
    await transport.open();
    await transport.read(STATES);
    const closed = nextClosed(transport);
    connections.table.clear();
    assert.ok(hasCode((await closed).error, 'ENIP_REPLY_TIMEOUT'));
    await rejectsWith(transport.read(STATES), 'METER_CLOSED');
    await transport.open();
    assert.equal((await transport.read(STATES))[0], 2);
  });

  it('refuses a reply that belongs to the connection of somebody else, or announces no interval', async () => {
    const spoil = [
      (reply: Buffer): unknown => reply.writeUInt16LE(0, 52),
      (reply: Buffer): unknown => reply.writeUInt32LE(0, 60),
    ];
    for (const [index, code] of (['ENIP_REPLY_MISMATCH', 'CIP_REPLY_INVALID'] as const).entries()) {
      const transport = create({ verifySize: false });
      await transport.open();
      peer.fault = {
        command: COMMAND.sendRrData,
        act: ({ reply, socket }) => {
          peer.fault = undefined;
          spoil[index]!(reply);
          socket.write(reply);
        },
      };
      await rejectsWith(transport.read(STATES), code);
      assert.equal(transport.state, 'closed');
      assert.equal(connections.table.summaries.length, 0, 'what was granted is closed again');
    }
  });

  it('closes a connection again that was granted to nobody: the read was given up before the reply came', async () => {
    const transport = create({ verifySize: false });
    await transport.open();
    const controller = new AbortController();
    peer.fault = {
      command: COMMAND.sendRrData,
      act: ({ reply, socket }) => {
        peer.fault = undefined;
        controller.abort();
        setImmediate(() => socket.write(reply));
      },
    };
    await rejectsWith(transport.read(STATES, controller.signal), 'ABORTED');
    await waitFor('the Forward Close', () => closes() === 1);
    assert.deepEqual([connections.table.summaries.length, transport.state], [0, 'open']);
    assert.equal((await transport.read(STATES))[0], 2, 'the session is good for more');
  });

  it('closes a connection that is granted while the transport is closed', async () => {
    const transport = create({ verifySize: false });
    await transport.open();
    let closed: Promise<void> | undefined;
    peer.fault = {
      command: COMMAND.sendRrData,
      act: ({ reply, socket }) => {
        peer.fault = undefined;
        closed = transport.close();
        setImmediate(() => socket.write(reply));
      },
    };
    await rejectsWith(transport.read(STATES), 'METER_CLOSED');
    await closed;
    assert.deepEqual([connections.table.summaries.length, closes()], [0, 1]);
  });

  it('gives the session back when its UDP port is taken', async () => {
    const other = createSocket('udp4');
    other.bind(0, '127.0.0.1');
    await once(other, 'listening');
    const transport = create({ receivePort: other.address().port, localAddress: '127.0.0.1' });
    await rejectsWith(transport.open(), 'ENIP_PORT_IN_USE');
    assert.equal(transport.state, 'closed');
    other.close();
    await once(other, 'close');
    await transport.open();
  });
});
