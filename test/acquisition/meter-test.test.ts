import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, type AddressInfo, type Server } from 'node:net';
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { createLinkTransport } from '../../src/acquisition/link-transport';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import { settingsOf, type MeterChoice } from '../../src/acquisition/meter-settings';
import { testMeter, type MeterTest } from '../../src/acquisition/meter-test/test-meter';
import { createHostResolver } from '../../src/acquisition/resolve-host';
import type { CauseCode } from '../../src/domain/causes/cause-rows';
import { PM500 } from '../../src/meters/pm500';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { SimulatedSerialServer } from '../../src/simulator/modbus/serial-server';
import { startSimulator, type RunningMeter, type Simulator } from '../../src/simulator/simulator';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { CONNECTION_SERVICE } from '../../src/transport/ethernet-ip/wire/cip';
import { encodeFrame, COMMAND } from '../../src/transport/ethernet-ip/wire/encapsulation';
import { encodeListIdentityReply } from '../../src/transport/ethernet-ip/wire/identity-object';
import { freePort } from '../../testkit/servers/ports';
import { RawServer } from '../../testkit/links/raw-server';
import { PEER_IDENTITY, ScriptedPeer } from '../../testkit/links/scripted-peer';
import { StuckServer } from '../../testkit/links/stuck-server';
import { ROOT } from '../../testkit/root';
import { oneMeter, startOneMeter } from '../../testkit/simulator/one-meter';
import { inEnglish, type InEnglish } from '../../src/support/sentence';

const BIND = '127.0.0.1';
/** An address of this computer with the usual port free for a simulated meter. */
const USUAL_PORT_AT = '127.0.0.77';
const NAME_ERROR = 0x8183;

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function listen(server: Server): Promise<number> {
  server.listen(0, BIND);
  await once(server, 'listening');
  return portOf(server);
}

describe('the test of a meter that is not deployed', function () {
  this.timeout(60_000);
  const logged: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => logged.push(message) };
  const names = createSocket('udp4');
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  const resolveHost = createHostResolver({
    clock: systemClock,
    readHosts: () => Promise.resolve('127.0.0.1 meter.plant'),
    queryNameServer: async (name) => (await resolver.resolve4(name))[0],
    askSystem: () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })),
  });
  const dependencies = { clock: systemClock, logger, random: Math.random };
  const registry = new MeterRegistry({
    ...dependencies,
    resolveHost,
    createTransport: (settings, route) => createLinkTransport(settings, dependencies, route),
  });
  const sources = { model: PM500, registry, clock: systemClock, resolveHost };
  const load = constantProfile(50_000);
  let simulator: Simulator;
  let meter: RunningMeter;
  let withModbus: RunningMeter;

  before(async () => {
    names.bind(0, BIND);
    await once(names, 'listening');
    resolver.setServers([`${BIND}:${names.address().port}`]);
    simulator = await startSimulator(PM500, {
      meters: [oneMeter({ load }), oneMeter({ load, serialNumber: 940_000_002, modbusPort: 0 })],
    });
    [meter, withModbus] = simulator.meters as [RunningMeter, RunningMeter];
  });
  after(async () => {
    names.close();
    await simulator.close();
  });
  afterEach(() => {
    for (const each of simulator.meters) each.faults.stopAll();
    assert.deepEqual(logged.splice(0), [], 'a test tells nothing in the log');
  });

  const run = (choice: Partial<MeterChoice>, withConnections = false): Promise<InEnglish<MeterTest>> => {
    const whole = { name: 'new', host: BIND, connectTimeoutMs: 700, replyTimeoutMs: 700, ...choice };
    return testMeter(whole, sources, withConnections, new AbortController().signal).then(inEnglish);
  };
  const causeOf = async (
    code: CauseCode,
    choice: Partial<MeterChoice>,
    withConnections = false,
  ): Promise<NonNullable<InEnglish<MeterTest>['cause']>> => {
    const test = await run(choice, withConnections);
    assert.equal(test.cause?.code, code, JSON.stringify(test));
    const { sentence, remedy } = test.cause;
    for (const text of [sentence, remedy]) {
      assert.match(text, /^[A-Z0-9"].*\.$/su);
      assert.doesNotMatch(text, /[{}]|undefined/);
    }
    return test.cause;
  };
  const isLeft = async (each: RunningMeter): Promise<void> => {
    while (each.stats.openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
  };

  it('tells identity, firmware, serial and round trip, and leaves nothing behind', async () => {
    const { port } = meter;
    const { cause, identity, roundTripMs, where, notes } = await run({ port });
    assert.equal(cause, undefined);
    assert.equal(where, `${BIND}:${port}`);
    assert.deepEqual([identity?.catalogNumber, identity?.serialNumber], ['1420-V2-ENT', 940_000_001]);
    assert.match(identity?.firmware ?? '', /^\d+\.\d+$/);
    assert.ok((roundTripMs ?? -1) > 0);
    assert.match(notes.join(' '), /by a connection for this test, which is closed\. .*every 200 ms/s);
    await isLeft(meter);
    assert.deepEqual(meter.connections, []);
  });

  it('asks explicitly whatever the transport, and opens a connection of it only where a person wants it', async () => {
    const { port } = meter;
    const choice = { port, transport: 'input-only' } as const;
    assert.match((await run(choice)).notes.join(' '), /A connection of input-only was not tried\./);
    assert.equal(meter.stats.services[CONNECTION_SERVICE.forwardOpen], undefined);
    assert.match((await run(choice, true)).notes.join(' '), /input-only was opened, gave data, and was closed again/);
    await isLeft(meter);
    assert.deepEqual(meter.connections, []);
  });

  it('uses the connection of a configuration, however the form differs, and says whose', async () => {
    const { port } = meter;
    const settings = settingsOf(PM500, { name: 'press-7', host: BIND, port });
    const deployed = registry.acquire(settings);
    try {
      await deployed.session.readGroups(['status']);
      const before = meter.stats.acceptedConnections;
      const { cause, notes } = await run({ port, transport: 'listen-only' }, true);
      assert.equal(cause, undefined);
      assert.match(notes.join(' '), /connection that "press-7" uses already, .* no second one was opened\./);
      assert.match(notes.join(' '), /transport of this form, listen-only, counts once it is deployed/);
      assert.equal(meter.stats.acceptedConnections, before);
      await causeOf('OTHER_PROTOCOL_IN_USE', { transport: 'modbus-tcp', port: 1502, enipPort: port });
    } finally {
      await deployed.release();
    }
    await isLeft(meter);
  });

  it('a visitor makes room for the configuration that is deployed meanwhile, one connection after the other', async () => {
    const settings = settingsOf(PM500, { name: 'guest', host: BIND, port: meter.port });
    const visitor = registry.visit(settings);
    await visitor.session.readGroups(['status']);
    const deployed = registry.acquire({ ...settings, name: 'press-7', connectTimeoutMs: 4321 });
    try {
      const reading = await deployed.session.readGroups(['status']);
      assert.equal(reading.blocks[0]?.error, undefined);
      assert.equal(deployed.session.linkSettings.connectTimeoutMs, 4321, 'its own settings are in force');
      assert.equal((await visitor.session.readGroups(['demand'])).blocks[0]?.error?.code, 'METER_CLOSED');
      await visitor.release();
      assert.equal((await deployed.session.readGroups(['demand'])).blocks[0]?.error, undefined);
      assert.equal(meter.stats.openConnections, 1);
    } finally {
      await visitor.release();
      await deployed.release();
    }
    await isLeft(meter);
  });

  it('a wrong setting', async () => {
    const { sentence } = await causeOf('SETTINGS_INVALID', { host: '10.0.0.5 x' });
    assert.match(sentence, /10\.0\.0\.5 x/);
  });

  it('a name that does not resolve', async () => {
    names.once('message', (query, { port, address }) => {
      const reply = Buffer.from(query);
      reply.writeUInt16BE(NAME_ERROR, 2);
      names.send(reply, port, address);
    });
    await causeOf('NAME_UNKNOWN', { host: 'mtr-1.plant' });
  });

  it('a name server that does not answer', async () => {
    await causeOf('NAME_SERVER_SILENT', { host: 'mtr-2.plant' });
  });

  it('a name that resolves is no cause', async () => {
    assert.equal((await run({ host: 'meter.plant', port: meter.port })).cause, undefined);
  });

  it('no route', async () => {
    // No system routes a TCP connection to a group.
    await causeOf('NO_ROUTE', { host: '239.255.0.1' });
  });

  it('refused', async () => {
    await causeOf('CONNECTION_REFUSED', { port: await freePort() });
  });

  it('a wrong port, with the right one', async () => {
    const other = await startOneMeter({ bind: USUAL_PORT_AT, enipPort: 44_818, serialNumber: 940_000_003, load });
    try {
      const { remedy } = await causeOf('WRONG_PORT', { host: USUAL_PORT_AT, port: await freePort() });
      assert.equal(remedy, 'Enter port 44818.');
      const choice = { host: USUAL_PORT_AT, transport: 'modbus-tcp', port: await freePort() } as const;
      await causeOf('MODBUS_PORT_CLOSED', choice);
    } finally {
      await other.close();
    }
  });

  it('silence, as of a firewall that drops, and a firewall that lets UDP through', async () => {
    const stuck = await StuckServer.open();
    const { port } = stuck;
    const udp = createSocket('udp4');
    try {
      await causeOf('SILENT', { port });
      await causeOf('SILENT', { port, transport: 'modbus-tcp' });
      udp.on('message', (_query, from) => {
        const data = encodeListIdentityReply({
          protocolVersion: 1,
          identity: PEER_IDENTITY,
          state: 3,
          socketAddress: { address: BIND, port },
        });
        udp.send(encodeFrame({ command: COMMAND.listIdentity, session: 0, data }), from.port, from.address);
      });
      udp.bind(port, BIND);
      await once(udp, 'listening');
      await causeOf('TCP_BLOCKED', { port });
    } finally {
      udp.close();
      await stuck.close();
    }
  });

  it('TLS expected', async () => {
    const [key, cert] = ['key', 'cert'].map((name) => readFileSync(join(ROOT, `test/vectors/tls/${name}.pem`)));
    const server = createTlsServer({ key, cert });
    server.on('tlsClientError', () => undefined);
    const port = await listen(server);
    try {
      assert.match((await causeOf('TLS_EXPECTED', { port })).sentence, /as soon as it hears EtherNet\/IP/);
    } finally {
      server.close();
    }
    // Other libraries say so.
    const raw = new RawServer();
    const rawPort = await raw.listen();
    raw.onRequest = (socket) => socket.end(Buffer.from('15030100020246', 'hex'));
    assert.match((await causeOf('TLS_EXPECTED', { port: rawPort })).sentence, /expects an encrypted connection/);
    await raw.close();
  });

  it('another service: a web server, one that speaks first, one that answers nonsense', async () => {
    const web = createHttpServer();
    const port = await listen(web);
    assert.match((await causeOf('OTHER_SERVICE', { port })).sentence, /as a web server does \("HTTP\/1\.1 400/);
    web.close();
    const raw = new RawServer();
    const rawPort = await raw.listen();
    raw.onConnection = (socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n');
    assert.match((await causeOf('OTHER_SERVICE', { port: rawPort })).sentence, /"SSH-2\.0-OpenSSH_9\.2p1"/);
    await causeOf('OTHER_SERVICE', { port: rawPort, transport: 'modbus-tcp' });
    raw.onConnection = () => undefined;
    raw.onRequest = (socket) => socket.write(Buffer.alloc(80, 0xee));
    assert.match((await causeOf('OTHER_SERVICE', { port: rawPort })).sentence, /bytes that begin with ee/);
    await raw.close();
  });

  it('another product, and another meter than was chosen', async () => {
    const peer = new ScriptedPeer();
    const port = await peer.listen();
    for (const { instance, sizeBytes } of settingsOf(PM500, { name: 'x', host: BIND }).layout.blocks.values())
      peer.assemblies.set(instance, new Uint8Array(sizeBytes));
    peer.identity = { ...PEER_IDENTITY, deviceType: 0x0e, productName: '1756-L83E' };
    assert.match((await causeOf('OTHER_PRODUCT', { port })).sentence, /"1756-L83E" \(vendor 1\), serial 940000123/);
    await peer.close();
    await causeOf('OTHER_CATALOG_NUMBER', { port: meter.port, catalogNumber: '1420-V1-ENT' });
  });

  it('accepted, then silence', async () => {
    meter.faults.start('silence');
    await causeOf('NO_REPLY', { port: meter.port });
  });

  it('all sessions taken', async () => {
    const full = await startOneMeter({ serialNumber: 940_000_004, load }, { maximumConnections: 1 });
    const port = full.meters[0]?.port ?? 0;
    const other = connect(port, BIND);
    await once(other, 'connect');
    try {
      await causeOf('SESSIONS_TAKEN', { port });
    } finally {
      other.destroy();
      await full.close();
    }
  });

  it('Modbus active and EtherNet/IP suspended; its socket taken', async () => {
    withModbus.faults.start('busy-socket', { everyMs: 20 });
    const { sentence } = await causeOf('MODBUS_ACTIVE', { port: withModbus.port });
    assert.match(sentence, /reported of this meter, not tried on one/);
    const { port: enipPort, modbusPort = 0 } = withModbus;
    await causeOf('MODBUS_SOCKET_TAKEN', { transport: 'modbus-tcp', port: modbusPort, enipPort });
  });

  it('no owner to listen to, all connections taken, an exclusive owner', async () => {
    const { port } = meter;
    await causeOf('NO_OWNER', { port, transport: 'listen-only' }, true);
    const full = await startOneMeter({ serialNumber: 940_000_005, load }, { maximumCipConnections: 0 });
    await causeOf('CONNECTIONS_TAKEN', { port: full.meters[0]?.port ?? 0, transport: 'input-only' }, true);
    await full.close();
    meter.faults.start('cip-error', { generalStatus: 1, extendedStatus: 0x106, to: 'connections' });
    await causeOf('EXCLUSIVE_OWNER', { port, transport: 'input-only' }, true);
  });

  it('a wrong unit, behind a gateway that says so and behind one that does not', async () => {
    const { port: enipPort, modbusPort = 0 } = withModbus;
    withModbus.faults.start('modbus-exception', { exception: 11 });
    await causeOf('WRONG_UNIT', { transport: 'modbus-tcp', port: modbusPort, enipPort, unitId: 9 });
    withModbus.faults.stopAll();
    const units = [withModbus.createRtuServer(7)];
    const serial = await SimulatedSerialServer.open(BIND, 0, units, silentLogger);
    const { sentence } = await causeOf('WRONG_UNIT', { transport: 'modbus-rtu-tcp', port: serial.port, unitId: 9 });
    assert.match(sentence, /nobody answers as unit 9/);
    assert.equal((await run({ transport: 'modbus-rtu-tcp', port: serial.port, unitId: 7 })).cause, undefined);
    await serial.close();
  });

  it('a meter shared with a PLC is not asked over Modbus', async () => {
    const { port: enipPort, modbusPort = 0 } = withModbus;
    const before = withModbus.modbusStats?.acceptedConnections;
    await causeOf('SHARED_WITH_PLC', { transport: 'modbus-tcp', port: modbusPort, enipPort, sharedWithPlc: true });
    assert.equal(withModbus.modbusStats?.acceptedConnections, before);
  });

  it('data of another length, and a refusal to be read', async () => {
    const { port } = meter;
    meter.faults.start('wrong-size', { bytes: -4 });
    await causeOf('OTHER_LAYOUT', { port });
    meter.faults.stopAll();
    meter.faults.start('cip-error', { generalStatus: 0x10, to: 'reads' });
    await causeOf('READS_REFUSED', { port });
  });

  it('no serial port', async () => {
    await causeOf('SERIAL_UNAVAILABLE', { transport: 'modbus-rtu', host: '/dev/no-such-port' });
  });
});
