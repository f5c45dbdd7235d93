import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type Server as TlsServer } from 'node:tls';
import { connect } from 'mqtt';
import { PM500 } from '../../../src/meters/pm500';
import { systemQuestions, type PortQuestions } from '../../../src/mqtt/ask-port';
import { createOpenLink } from '../../../src/mqtt/mqtt-link';
import type { BrokerTls } from '../../../src/mqtt/mqtt-options';
import type { OpenVisit } from '../../../src/mqtt/visit-broker';
import { testEdgeBroker } from '../../../src/sparkplug/mqtt/broker-test';
import type { EdgeSessionSettings } from '../../../src/sparkplug/session/session-settings';
import { systemClock } from '../../../src/support/clock';
import type { ConnectionTest } from '../../../src/support/connection-test';
import { seededRandom } from '../../../src/support/random';
import { connack, connack5, publish, ScriptedBroker, suback, type Answer } from '../../../testkit/mqtt/scripted-broker';
import { CertificateAuthority } from '../../../testkit/servers/certificates';
import { PACKET, readSubscribe } from '../../../testkit/mqtt/packets';
import { hostState } from '../../../testkit/sparkplug/samples';
import { inEnglish, type InEnglish } from '../../../src/support/sentence';

const STATE = 'spBv1.0/STATE/scada';
const OWN = 'spBv1.0/plant/+/edge/#';

interface Given {
  readonly port: number;
  readonly host?: string;
  readonly node?: Partial<EdgeSessionSettings['node']>;
  readonly broker?: Partial<EdgeSessionSettings['broker']>;
  readonly rest?: Partial<EdgeSessionSettings>;
  readonly questions?: Partial<PortQuestions>;
  readonly openVisit?: OpenVisit;
  readonly signal?: AbortSignal;
  readonly isPublishedHere?: boolean;
}

/** Longer than a busy computer takes for a handshake, of which both sides are in this process. */
const CONNECT_TIMEOUT_MS = 1500;

function run(given: Given): Promise<InEnglish<ConnectionTest>> {
  const { port, host = '127.0.0.1', signal = new AbortController().signal, isPublishedHere = false } = given;
  const settings: EdgeSessionSettings = {
    node: { groupId: 'plant', edgeNodeId: 'edge', ...given.node },
    broker: { host, port, keepAliveSeconds: 30, connectTimeoutMs: CONNECT_TIMEOUT_MS, ...given.broker },
    ...given.rest,
  };
  return testEdgeBroker(settings, {
    around: {
      openVisit: given.openVisit ?? createOpenLink(connect, systemClock),
      clock: systemClock,
      signal,
      longestMs: 2 * CONNECT_TIMEOUT_MS,
    },
    questions: { ...systemQuestions(systemClock, CONNECT_TIMEOUT_MS), ...given.questions },
    random: seededRandom(port),
    model: PM500,
    isPublishedHere,
    listenMs: 20,
  }).then(inEnglish);
}

/** Answers the SUBSCRIBE to one topic. */
const onSubscribe =
  (topic: string, answer: Answer): Answer =>
  (packet, socket) =>
    packet.type === PACKET.subscribe && readSubscribe(packet, 4)[0]?.[0] === topic ? answer(packet, socket) : undefined;

const failing = (code: string) => (): Promise<never> => Promise.reject(Object.assign(new Error(code), { code }));

describe('the test of a broker for an edge node that is not deployed', function () {
  this.timeout(60_000);
  let broker: ScriptedBroker;
  beforeEach(async () => {
    broker = await ScriptedBroker.start();
  });
  afterEach(() => broker.stop());

  const atBroker = (given: Omit<Given, 'port'> = {}): Promise<InEnglish<ConnectionTest>> =>
    run({ port: broker.port, ...given });
  const isLeft = async (): Promise<void> => {
    while (broker.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  };

  describe('where the broker takes it', () => {
    it('publishes nothing, leaves no will and no connection, and has a client ID of its own', async () => {
      const test = await atBroker({ rest: { clientId: 'gateway' } });
      assert.equal(test.isWelcome, true);
      assert.match(test.sentence, /^The MQTT broker 127\.0\.0\.1:\d+ takes the edge node and lets it read/);
      const [seen] = broker.connects;
      assert.deepEqual([seen?.hasWill, seen?.isClean, broker.connects.length], [false, true, 1]);
      assert.notEqual(seen?.clientId, 'gateway');
      assert.deepEqual(
        broker.packets.filter(({ type }) => type === PACKET.publish),
        [],
      );
      // Then all that was sent has come.
      await isLeft();
      assert.equal(broker.packets.at(-1)?.type, PACKET.disconnect);
    });

    it('shows what the first messages would be', async () => {
      const { preview } = await atBroker();
      const [birth = '', ofNode = '', device = '', ofDevice = ''] = preview;
      assert.match(birth, /^spBv1\.0\/plant\/NBIRTH\/edge {2}\d+ bytes, 2 metrics$/);
      assert.match(ofNode, /bdSeq, Node Control\/Rebirth/);
      const metrics = new Set(
        PM500.layout.assemblies.flatMap(({ measurements }) => measurements.map((row) => row.metric)),
      );
      const [, count] = /^spBv1\.0\/plant\/DBIRTH\/edge\/<meter> {2}\d+\.\d kB, (\d+) metrics$/.exec(device) ?? [];
      assert.equal(Number(count), metrics.size);
      assert.match(ofDevice, /^ {2}\w+, .*…$/);
    });

    it('says that a birth is larger than the broker takes', async () => {
      const { notes } = await atBroker({ rest: { maximumMessageBytes: 2000 } });
      assert.match(notes.join(' '), /DBIRTH of device "<meter>" is larger than the 2000 bytes/);
    });

    it('says whether the primary host is online, offline or not heard of', async () => {
      const node = { primaryHostId: 'scada' };
      const silent = await atBroker({ node });
      assert.deepEqual([silent.isWelcome, silent.isWaiting], [true, true]);
      assert.match(silent.sentence, /primary host "scada" has not been heard of\.$/);
      assert.match(silent.notes.join(' '), /check that the host has this ID/);
      for (const isOnline of [true, false]) {
        broker.answer = onSubscribe(STATE, (packet) =>
          Buffer.concat([suback(packet, 1), publish(STATE, hostState(isOnline, 1000), true)]),
        );
        const test = await atBroker({ node });
        assert.equal(test.isWaiting === true, !isOnline);
        assert.match(test.sentence, isOnline ? /"scada" is online\.$/ : /nothing yet, because .* is offline\.$/);
      }
    });

    it('says that the host speaks another version, and that its clock is ahead', async () => {
      broker.answer = onSubscribe('STATE/scada', (packet) =>
        Buffer.concat([suback(packet, 1), publish('STATE/scada', Buffer.from('ONLINE'), true)]),
      );
      const other = await atBroker({ node: { primaryHostId: 'scada' } });
      assert.match(other.notes.join(' '), /choose 2\.2 as the version of the primary host/);
      broker.answer = onSubscribe(STATE, (packet) =>
        Buffer.concat([suback(packet, 1), publish(STATE, hostState(true, Date.now() + 3_600_000), true)]),
      );
      const ahead = await atBroker({ node: { primaryHostId: 'scada' } });
      assert.match(ahead.notes.join(' '), /clock of the primary host is 3[56]\d\d s or more ahead/);
    });

    it('hears another edge node of the same IDs, and none in its own, in commands and in what is retained', async () => {
      const hear = async (topic: string, isRetained = false, isPublishedHere = false): Promise<string> => {
        broker.answer = onSubscribe(OWN, (packet) =>
          Buffer.concat([suback(packet, 0), publish(topic, Buffer.from([0]), isRetained)]),
        );
        return (await atBroker({ isPublishedHere })).notes.join(' ');
      };
      assert.match(await hear('spBv1.0/plant/DDATA/edge/meter'), /Another edge node publishes as plant \/ edge now/);
      assert.match(await hear('spBv1.0/plant/NDEATH/edge'), /Another edge node/);
      assert.match(await hear('spBv1.0/plant/NCMD/edge'), /Nobody published as plant \/ edge/);
      assert.match(await hear('spBv1.0/plant/NDATA/edge', true), /Nobody published/);
      assert.match(await hear('spBv1.0/plant/NDATA/edge', false, true), /is deployed here and publishes/);
    });

    it('is welcome where it may not listen to others, by a refusal or by the end of the connection', async () => {
      broker.answer = onSubscribe(OWN, (packet) => suback(packet, 128));
      const refused = await atBroker();
      assert.equal(refused.isWelcome, true);
      assert.match(refused.notes.join(' '), /does not let this user read what is published as plant \/ edge/);
      broker.answer = onSubscribe(OWN, (_packet, socket) => {
        socket.destroy();
        return undefined;
      });
      assert.equal((await atBroker()).isWelcome, true);
      await isLeft();
    });

    it('tries further servers, a few, and says how each is', async () => {
      const again = { host: '127.0.0.1', port: broker.port };
      const furtherServers = [{ host: '127.0.0.1', port: 1 }, again, again, again, again];
      const { isWelcome, notes } = await atBroker({ rest: { furtherServers } });
      assert.equal(isWelcome, true);
      assert.match(notes.join(' '), /Further server 127\.0\.0\.1:1: .*nothing listens there/);
      assert.match(notes.join(' '), /Further server 127\.0\.0\.1:\d+ takes the edge node\./);
      assert.equal(broker.connects.length, 3);
    });
  });

  describe('names the cause', () => {
    const refusals: readonly (readonly [number, RegExp])[] = [
      [1, /does not speak this version of MQTT/],
      [2, /does not accept the client ID/],
      [3, /not available/],
      [4, /user name or password is wrong/],
      [5, /may not connect/],
      [77, /gave the reason 77/],
    ];
    for (const [code, sentence] of refusals) {
      it(`of a CONNACK with code ${code}`, async () => {
        broker.answer = ({ type }) => (type === PACKET.connect ? connack(code) : undefined);
        const test = await atBroker();
        assert.deepEqual([test.isWelcome, test.code], [false, 'MQTT_REFUSED']);
        assert.match(test.sentence, sentence);
        assert.equal(test.notes.join(' ').includes('a client ID of its own'), code === 2);
        await isLeft();
      });
    }

    it('of a CONNACK of MQTT 5', async () => {
      broker.answer = ({ type }) => (type === PACKET.connect ? connack5(134) : undefined);
      const test = await atBroker({ broker: { protocolVersion: 5 } });
      assert.match(test.sentence, /user name or password is wrong/);
    });

    it('a broker that knows no MQTT 5 and hangs up', async () => {
      broker.answer = ({ type, body }, socket) => {
        // The level stands behind the name of the protocol.
        if (type === PACKET.connect && body[6] === 5) socket.destroy();
        return undefined;
      };
      const test = await atBroker({ broker: { protocolVersion: 5, username: 'u', password: 'secret' } });
      assert.match(test.sentence, /does not speak MQTT 5; choose MQTT 3\.1\.1/);
    });

    it('a name that nobody knows, and a name server that is silent', async () => {
      const unknown = await atBroker({ questions: { lookUp: failing('ENOTFOUND') } });
      assert.match(unknown.sentence, /host name is not known/);
      const silent = await atBroker({ questions: { lookUp: failing('EAI_AGAIN') } });
      assert.match(silent.sentence, /name server did not answer/);
      assert.equal(broker.accepted, 0);
    });

    it('a port where nobody listens', async () => {
      const test = await run({ port: 1 });
      assert.deepEqual([test.code, test.sentence.includes('nothing listens there')], ['MQTT_UNREACHABLE', true]);
    });

    it('a network that drops what is sent', async () => {
      const dropping = createOpenLink(connect, systemClock);
      broker.answer = ({ type }) => (type === PACKET.connect ? Buffer.alloc(0) : undefined);
      const test = await atBroker({ openVisit: dropping, questions: { askTls: () => Promise.resolve('silence') } });
      assert.match(test.sentence, /^Nothing answers at .*neither yes nor no.*firewall/);
    });

    it('a server that says nothing, that says nonsense, that drips, that hangs up', async () => {
      const silence: Answer = () => Buffer.alloc(0);
      broker.answer = silence;
      assert.match((await atBroker()).sentence, /did not answer the CONNECT/);
      broker.answer = () => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n');
      assert.match((await atBroker()).sentence, /does not speak MQTT there/);
      broker.answer = (_packet, socket) => {
        const drip = setInterval(() => socket.write(Buffer.from([0xff])), 50);
        socket.on('close', () => {
          clearInterval(drip);
        });
        return Buffer.from([0x20]);
      };
      assert.equal((await atBroker()).isWelcome, false);
      broker.answer = silence;
      broker.onConnection = (socket) => socket.destroy();
      assert.match((await atBroker()).sentence, /was lost .*check the network and the broker's log/);
      await isLeft();
    });

    it('a broker that never answers a subscription', async () => {
      broker.answer = ({ type }) => (type === PACKET.subscribe ? Buffer.alloc(0) : undefined);
      const test = await atBroker();
      assert.match(test.sentence, new RegExp(`did not answer within ${(2 * CONNECT_TIMEOUT_MS) / 1000} s`));
      await isLeft();
    });

    it('a subscription that is refused, by its topic', async () => {
      broker.answer = onSubscribe(STATE, (packet) => suback(packet, 128));
      const test = await atBroker({ node: { primaryHostId: 'scada' } });
      assert.equal(test.code, 'MQTT_REFUSED');
      assert.match(test.sentence, /refused the subscription to spBv1\.0\/STATE\/scada; give this user the right/);
      await isLeft();
    });

    it('TLS that the server does not speak, without sending it a password', async () => {
      broker.answer = ({ type }) => (type === PACKET.connect ? connack(5) : undefined);
      const readTls = (): BrokerTls => ({ rejectUnauthorized: true });
      const test = await atBroker({ broker: { username: 'u', password: 'secret' }, rest: { readTls } });
      assert.match(test.sentence, /does not speak TLS on this port; switch TLS off/);
      assert.doesNotMatch(Buffer.concat(broker.packets.map(({ body }) => body)).toString('latin1'), /secret/);
    });

    it('settings that cannot be used', async () => {
      await assert.rejects(atBroker({ node: { groupId: 'a/b' } }), /group ID "a\/b" contains "\/"/);
      const readTls = (): BrokerTls => {
        throw new Error('no such file');
      };
      assert.match((await atBroker({ rest: { readTls } })).sentence, /no such file/);
      assert.equal(broker.accepted, 0);
    });
  });

  it('ends with whoever asked', async () => {
    const left = new AbortController();
    broker.answer = (_packet) => {
      left.abort();
      return Buffer.alloc(0);
    };
    const test = await atBroker({ signal: left.signal });
    assert.deepEqual([test.isWelcome, test.code], [false, 'ABORTED']);
    await isLeft();
    assert.equal((await atBroker({ signal: AbortSignal.abort() })).isWelcome, false);
    await isLeft();
  });

  describe('over TLS', () => {
    const authority = new CertificateAuthority();
    const servers: TlsServer[] = [];
    afterEach(() => {
      for (const server of servers.splice(0)) server.close();
    });

    async function serve(days: number): Promise<number> {
      const { key, certificate } = authority.issue(`server${days}`, days);
      const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (packet: Buffer) => socket.write(packet[0] === 0x10 ? connack(5) : Buffer.alloc(0)));
      });
      server.on('tlsClientError', () => undefined);
      servers.push(server);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    }
    const trusting = (): BrokerTls => ({ rejectUnauthorized: true, ca: readFileSync(authority.certificate) });

    it('says that the server expects it', async () => {
      const test = await run({ port: await serve(5) });
      assert.deepEqual([test.code, test.sentence.includes('expects TLS; switch TLS on')], ['MQTT_TLS_FAILED', true]);
    });

    it('says that the authority is not known, the name is another one, or the certificate has expired', async () => {
      const port = await serve(5);
      const unknown = await run({ port, rest: { readTls: () => ({ rejectUnauthorized: true }) } });
      assert.match(unknown.sentence, /CA is not known here/);
      const renamed = (): BrokerTls => ({ ...trusting(), servername: 'broker.invalid' });
      const other = await run({ port, rest: { readTls: renamed } });
      assert.match(other.sentence, /for another host name/);
      const expired = await run({ port: await serve(-1), rest: { readTls: trusting } });
      assert.match(expired.sentence, /has expired/);
      const login = await run({ port, rest: { readTls: trusting } });
      assert.match(login.sentence, /may not connect/);
    });
  });
});
