import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerSettings, ProtocolVersion } from '../../src/mqtt/mqtt-options';
import { EdgeSession } from '../../src/sparkplug/session/session';
import type { EdgeSessionSettings } from '../../src/sparkplug/session/session-settings';
import { realDependencies } from '../../testkit/sparkplug/real-dependencies';
import { sample } from '../../testkit/sparkplug/samples';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { mutualTlsLines, startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { freePort } from '../../testkit/servers/ports';
import { findProgram } from '../../testkit/servers/programs';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const VERSIONS: readonly ProtocolVersion[] = [4, 5];

describe('ways to a Mosquitto', function () {
  this.timeout(120_000);

  const authority = new CertificateAuthority();
  const open: EdgeSession[] = [];
  let broker: Mosquitto | undefined;

  function createEdge(over: Partial<BrokerSettings>, further: Partial<EdgeSessionSettings> = {}): EdgeSession {
    const port = broker?.port ?? 0;
    const edge = new EdgeSession(
      {
        node: { groupId: 'plant', edgeNodeId: 'edge', watchesDuplicates: true },
        broker: { host: '127.0.0.1', port, keepAliveSeconds: 5, connectTimeoutMs: 20_000, ...over },
        settleMs: 20,
        ...further,
      },
      realDependencies(),
    );
    open.push(edge);
    edge.start();
    return edge;
  }

  async function born(edge: EdgeSession): Promise<void> {
    edge.publish('M', [sample('a', 1, { at: Date.now() })]);
    await waitFor('births', () => edge.state.devices.length === 1);
  }

  async function refused(edge: EdgeSession, code: string, sentence: RegExp): Promise<void> {
    await waitFor('an error', () => edge.state.error !== undefined);
    assert.equal(edge.state.error?.code, code);
    assert.match(edge.state.error.message, sentence);
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map((edge) => edge.close()));
    await broker?.stop();
    broker = undefined;
  });

  for (const protocolVersion of VERSIONS) {
    it(`says that a login is refused, and comes in with the right one (protocol level ${protocolVersion})`, async () => {
      const passwords = join(temporaryFolder('passwords'), 'passwords');
      writeFileSync(passwords, '');
      execFileSync(findProgram('mosquitto_passwd'), ['-b', passwords, 'edge', 'secret'], { stdio: 'pipe' });
      broker = await startMosquitto({ lines: ['allow_anonymous false', `password_file ${passwords}`] });
      const wrong = createEdge({ protocolVersion, username: 'edge', password: 'guess' });
      await refused(wrong, 'MQTT_REFUSED', /check user name, password/);
      await born(createEdge({ protocolVersion, username: 'edge', password: 'secret' }));
    });

    it(`connects over WebSocket (protocol level ${protocolVersion})`, async () => {
      const port = await freePort();
      broker = await startMosquitto({ lines: [`listener ${port} 127.0.0.1`, 'protocol websockets'] });
      const edge = createEdge({ protocolVersion, port, webSocketPath: '/mqtt' });
      await born(edge);
      await edge.close();
      await waitFor('the end', () => edge.state.phase === 'closed');
    });
  }

  it('says which certificate is wrong, and reads a renewed one without being started anew', async () => {
    const port = await freePort();
    broker = await startMosquitto({ lines: mutualTlsLines(port, authority) });
    const client = authority.issue('client', 5);
    const ca = readFileSync(authority.certificate);
    const anonymous = createEdge({ port }, { readTls: () => ({ ca, rejectUnauthorized: true }) });
    const stranger = createEdge({ port }, { readTls: () => ({ rejectUnauthorized: true }) });
    const readTls = () => ({
      ca,
      cert: readFileSync(client.certificate),
      key: readFileSync(client.key),
      rejectUnauthorized: true,
    });
    await born(createEdge({ port }, { readTls }));
    await waitFor('a refusal', () => anonymous.state.error !== undefined);
    assert.notEqual(anonymous.state.phase, 'born');
    await refused(stranger, 'MQTT_TLS_FAILED', /CA/);
    authority.issue('client', -1);
    const expired = createEdge({ port }, { readTls });
    await waitFor('a refusal', () => expired.state.error !== undefined);
    assert.equal(expired.state.error?.code, 'MQTT_TLS_FAILED', expired.state.error?.message);
    authority.issue('client', 5);
    await born(expired);
  });

  it("says that the broker's certificate has expired, and comes in when it is renewed", async () => {
    const port = await freePort();
    broker = await startMosquitto({ lines: mutualTlsLines(port, authority, -1) });
    const client = authority.issue('client', 5);
    const edge = createEdge(
      { port },
      {
        readTls: () => ({
          ca: readFileSync(authority.certificate),
          cert: readFileSync(client.certificate),
          key: readFileSync(client.key),
          rejectUnauthorized: true,
        }),
      },
    );
    await refused(edge, 'MQTT_TLS_FAILED', /its certificate has expired; renew it/);
    authority.issue('server', 5);
    await broker.halt();
    await broker.resume();
    await born(edge);
  });
});
