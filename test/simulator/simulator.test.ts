import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { workingLayout } from '../../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../../src/domain/codec/decode';
import { ASSEMBLIES } from '../../src/meters/pm500/assemblies';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type Simulator, type SimulatorSettings } from '../../src/simulator/simulator';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { COMMAND, decodeFrame, encodeFrame } from '../../src/transport/ethernet-ip/wire/encapsulation';
import { createExplicitTransport } from '../../src/transport/ethernet-ip/explicit/explicit';
import { decodeListIdentityReply } from '../../src/transport/ethernet-ip/wire/identity-object';
import { freePort } from '../../testkit/servers/ports';
import { FakeClock } from '../../testkit/fake-clock';
import { waitFor } from '../../testkit/wait';
import { cipRequest, cipResponseIn, CONTEXT, registerFrame, unconnectedFrame } from '../../testkit/simulator/frames';
import { RawClient } from '../../testkit/simulator/raw-client';
import { oneMeter } from '../../testkit/simulator/one-meter';
import { PM500 } from '../../src/meters/pm500';

const METER = oneMeter({ load: constantProfile(100_000) });

function portOf(simulator: Simulator, index = 0): number {
  return simulator.meters[index]!.port;
}

describe('simulator', () => {
  let simulator: Simulator | undefined;
  const start = async (settings: Partial<SimulatorSettings> = {}): Promise<Simulator> =>
    (simulator = await startSimulator(PM500, { meters: [METER], ...settings }));
  afterEach(async () => {
    await simulator?.close();
    simulator = undefined;
  });

  it('is read by the transport of this package: identity and every assembly', async () => {
    const running = await start();
    const settings = { host: '127.0.0.1', port: portOf(running), connectTimeoutMs: 2000, replyTimeoutMs: 2000 };
    const transport = createExplicitTransport(settings, { clock: systemClock, logger: silentLogger });
    await transport.open();
    const identity = await transport.identify();
    assert.deepEqual([identity.productCode, identity.serialNumber], [7, 940_000_001]);
    for (const { instance, sizeBytes } of ASSEMBLIES) {
      const bytes = await transport.read({ kind: 'assembly', instance, sizeBytes });
      const plan = workingLayout(PM500).blocks.get(instance)!;
      assert.equal(decodeBlock(plan, bytes).problems, undefined);
      if (instance === 102) assert.equal(decodeBlock(plan, bytes).values['active_power_total'], 100_000);
    }
    await transport.close();
    const { stats } = running.meters[0]!;
    assert.deepEqual(stats.reads, Object.fromEntries(ASSEMBLIES.map(({ instance }) => [instance, 1])));
    assert.deepEqual(Object.keys(stats.services), ['1', '14']);
    assert.equal(stats.refusals, 0);
  });

  it('serves several meters that differ', async () => {
    const running = await start({
      meters: [METER, { ...METER, serialNumber: 940_000_002, catalogNumber: '1420-V1-ENT', seed: 2 }],
    });
    assert.notEqual(portOf(running), portOf(running, 1));
    const volts = running.meters.map((meter) => Math.round(Number(meter.values()['voltage_ln_avg']) / 10));
    assert.ok(volts[0]! >= 26 && volts[0]! <= 29 && volts[1]! >= 11 && volts[1]! <= 13, volts.join(' '));
  });

  it('lets simulated time pass at its speed, a step every 100 ms', async () => {
    const clock = new FakeClock();
    const running = await start({ clock, speed: 900, startMs: Date.UTC(2018, 0, 8) });
    const meter = running.meters[0]!;
    assert.equal(meter.simulatedTimeMs(), Date.UTC(2018, 0, 8));
    const energy = (): number => Number(meter.values()['active_energy_import_total']);
    const before = energy();
    await clock.advance(99);
    assert.equal(meter.simulatedTimeMs(), Date.UTC(2018, 0, 8));
    await clock.advance(3_999_901);
    assert.equal(meter.simulatedTimeMs(), Date.UTC(2018, 0, 8) + 3_600_000_000);
    assert.ok(Math.abs(energy() - before - 100_000_000) < 1, `${energy() - before} Wh in 1000 h`);
  });

  it('answers List Identity and List Services by UDP and drops what is no frame', async () => {
    const running = await start();
    const socket = createSocket('udp4');
    const received: Buffer[] = [];
    socket.on('message', (message) => received.push(message));
    const send = (bytes: Buffer): void => {
      socket.send(bytes, portOf(running), '127.0.0.1');
    };
    for (const garbage of [Buffer.alloc(0), Buffer.alloc(23), Buffer.alloc(100, 0xff), registerFrame()]) send(garbage);
    send(encodeFrame({ command: COMMAND.listServices, context: CONTEXT }));
    send(encodeFrame({ command: COMMAND.listIdentity, context: CONTEXT }));
    await waitFor('two answers', () => received.length >= 2, { everyMs: 5 });
    socket.close();
    const [services, identity] = received.map((bytes) => decodeFrame(bytes));
    assert.deepEqual([services?.command, identity?.command], [COMMAND.listServices, COMMAND.listIdentity]);
    assert.deepEqual(identity?.context, CONTEXT);
    const item = decodeListIdentityReply(identity.data);
    assert.deepEqual(item.socketAddress, { address: '127.0.0.1', port: portOf(running) });
    assert.equal(item.identity.serialNumber, 940_000_001);
  });

  it('answers merged and split frames in order', async () => {
    const client = await RawClient.open(portOf(await start()));
    const { session } = await client.ask(registerFrame());
    const frames = [101, 108, 102].map((instance) => unconnectedFrame(session, cipRequest(0x0e, 4, instance, 3)));
    const bytes = Buffer.concat([encodeFrame({ command: COMMAND.nop, data: Buffer.alloc(7) }), ...frames]);
    for (const byte of bytes) client.send(Buffer.from([byte]));
    client.send(bytes);
    for (const size of [48, 4, 72, 48, 4, 72]) assert.equal(cipResponseIn((await client.next())!).data.length, size);
    await client.close();
  });

  it('ends the connection on UnRegister Session and forgets it when the client resets', async () => {
    const running = await start();
    const client = await RawClient.open(portOf(running));
    const { session } = await client.ask(registerFrame());
    client.send(encodeFrame({ command: COMMAND.unRegisterSession, session }));
    assert.equal(await client.next(), undefined);
    await client.closed;
    const rude = await RawClient.open(portOf(running));
    rude.send(registerFrame().subarray(0, 10));
    rude.socket.resetAndDestroy();
    await waitFor('both connections to be gone', () => running.meters[0]!.stats.openConnections === 0, { everyMs: 5 });
    assert.equal(running.meters[0]!.stats.acceptedConnections, 2);
  });

  it('answers a half-closed client what it asked before, then closes', async () => {
    const running = await start();
    const client = await RawClient.open(portOf(running));
    client.socket.end(registerFrame());
    assert.equal((await client.next())?.status, 0);
    await client.closed;
    await waitFor('the connection to be gone', () => running.meters[0]!.stats.openConnections === 0, { everyMs: 5 });
  });

  it('turns connections beyond the limit away and serves the others', async () => {
    const running = await start({ maximumConnections: 2 });
    const clients = [await RawClient.open(portOf(running)), await RawClient.open(portOf(running))];
    for (const client of clients) assert.equal((await client.ask(registerFrame())).status, 0);
    const refused = await RawClient.open(portOf(running));
    await refused.closed;
    assert.equal(running.meters[0]!.stats.refusedConnections, 1);
    for (const client of clients) await client.close();
    await waitFor('room again', () => running.meters[0]!.stats.openConnections === 0, { everyMs: 5 });
    const next = await RawClient.open(portOf(running));
    assert.equal((await next.ask(registerFrame())).status, 0);
    await next.close();
  });

  it('closes a connection on which nothing arrives', async () => {
    const client = await RawClient.open(portOf(await start({ idleTimeoutMs: 30 })));
    assert.equal(await client.next(), undefined);
    await client.closed;
  });

  it('drops a client that sends without end and never reads', async () => {
    const client = await RawClient.open(portOf(await start()));
    await client.ask(registerFrame());
    client.socket.pause();
    const burst = Buffer.concat(Array.from({ length: 2000 }, () => encodeFrame({ command: COMMAND.listIdentity })));
    const pump = (): void => {
      if (!client.socket.destroyed) client.socket.write(burst, () => setImmediate(pump));
    };
    pump();
    // The reset reaches a paused socket as a write error.
    await client.closed;
  }).timeout(20_000);

  it('counts reads per assembly and the shortest time between two', async () => {
    const clock = new FakeClock();
    const running = await start({ clock });
    const client = await RawClient.open(portOf(running));
    const { session } = await client.ask(registerFrame());
    for (const waitMs of [250, 200, 700]) {
      await client.ask(unconnectedFrame(session, cipRequest(0x0e, 4, 101, 3)));
      await clock.advance(waitMs);
    }
    await client.ask(unconnectedFrame(session, cipRequest(0x0e, 4, 107, 3)));
    const { stats } = running.meters[0]!;
    assert.deepEqual(stats.reads, { 101: 3, 107: 1 });
    assert.deepEqual(stats.shortestReadIntervalMs, { 101: 200 });
    await client.close();
  });

  it('closes with clients connected, twice, and leaves the port free', async () => {
    const running = await start();
    const port = portOf(running);
    const client = await RawClient.open(port);
    await client.ask(registerFrame());
    await Promise.all([running.close(), running.close()]);
    await client.closed;
    await running.close();
    await start({ meters: [{ ...METER, enipPort: port }] });
  });

  it('says in one sentence why it cannot listen, and leaves nothing open', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const taken = (server.address() as AddressInfo).port;
    const free = await start();
    const port = portOf(free);
    await free.close();
    const meters = [
      { ...METER, enipPort: port },
      { ...METER, enipPort: taken },
    ];
    await assert.rejects(startSimulator(PM500, { meters }), {
      code: 'SIMULATOR_BIND_FAILED',
      retryable: true,
      message: new RegExp(`^Another program, perhaps another simulator, already listens on TCP port ${taken} of 127`),
    });
    server.close();
    await start({ meters: [{ ...METER, enipPort: port }] });
  });

  it('notices that only the UDP port is taken', async () => {
    const port = await freePort();
    const socket = createSocket('udp4');
    try {
      socket.bind(port, '127.0.0.1');
      await once(socket, 'listening');
      await assert.rejects(startSimulator(PM500, { meters: [{ ...METER, enipPort: port }] }), {
        code: 'SIMULATOR_BIND_FAILED',
        message: /UDP port \d+ of 127\.0\.0\.1/,
      });
    } finally {
      socket.close();
      await once(socket, 'close');
    }
    await start({ meters: [{ ...METER, enipPort: port }] });
  });

  it('refuses settings that cannot be', async () => {
    for (const [meter, message] of [
      [{ bind: 'meter.local' }, /"meter\.local" is not an IPv4 address/],
      [{ enipPort: 70_000 }, /Port 70000 does not exist/],
      [{ serialNumber: 1 }, /Serial number is 1; give a whole number from 940000000/],
      [{ catalogNumber: '1420-V9-ENT' }, /Catalog number "1420-V9-ENT" is not known/],
    ] as const) {
      await assert.rejects(startSimulator(PM500, { meters: [{ ...METER, ...meter }] }), {
        code: 'CONFIG_INVALID',
        message,
      });
    }
    await assert.rejects(startSimulator(PM500, { meters: [METER], speed: 0 }), {
      code: 'CONFIG_INVALID',
      message: /Speed is 0/,
    });
    await assert.rejects(startSimulator(PM500, { meters: [{ ...METER, bind: '192.0.2.1' }] }), {
      code: 'SIMULATOR_BIND_FAILED',
      message: /^192\.0\.2\.1 is no address of this machine/,
    });
  });
});
