import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProtocolVersion } from '../../src/mqtt/mqtt-options';
import { EdgeSession } from '../../src/sparkplug/session/session';
import { realDependencies } from '../../testkit/sparkplug/real-dependencies';
import { rebirthCommand, sample } from '../../testkit/sparkplug/samples';
import { Watcher } from '../../testkit/sparkplug/watcher';
import { findMosquittoPlugin, startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { written } from '../../testkit/servers/processes';
import { temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

const VERSIONS: readonly ProtocolVersion[] = [4, 5];
const NCMD = 'spBv1.0/plant/NCMD/edge';
const RETURN_MS = 1000;

describe('a Mosquitto that denies topics', function () {
  this.timeout(120_000);
  let broker: Mosquitto;
  let watcher: Watcher;
  let edge: EdgeSession;
  let logged: string[];

  /** @param rules lines of an access file; whatever they do not deny is allowed */
  async function startDenying(...rules: readonly string[]): Promise<void> {
    const file = join(temporaryFolder('access'), 'access');
    writeFileSync(file, ['topic readwrite #', ...rules, ''].join('\n'));
    broker = await startMosquitto({ lines: [`acl_file ${file}`] });
  }

  /** @param birthReturnMs in which its births must come back; more than any computer takes where it is no business of the test */
  function createEdge(protocolVersion: ProtocolVersion, birthReturnMs = 60_000): void {
    logged = [];
    const log = (message: string): void => void logged.push(message);
    edge = new EdgeSession(
      {
        node: { groupId: 'plant', edgeNodeId: 'edge', watchesDuplicates: true },
        broker: {
          host: '127.0.0.1',
          port: broker.port,
          keepAliveSeconds: 5,
          connectTimeoutMs: 20_000,
          protocolVersion,
        },
        settleMs: 20,
        birthReturnMs,
      },
      { ...realDependencies(), logger: { debug: log, info: log, warn: log, error: log } },
    );
    edge.start();
    edge.publish('M', [sample('a', 1, { at: Date.now() })]);
  }

  afterEach(async () => {
    await edge.close();
    await watcher.close();
    await broker.stop();
  });

  for (const protocolVersion of VERSIONS) {
    it(`is noticed when it drops births, which no answer tells (protocol level ${protocolVersion})`, async () => {
      await startDenying('topic deny spBv1.0/plant/NBIRTH/edge');
      watcher = await Watcher.open(broker.url);
      createEdge(protocolVersion, RETURN_MS);
      await waitFor('the alarm', () => edge.state.alarm !== undefined);
      assert.equal(edge.state.alarm?.code, 'SPARKPLUG_BIRTH_NOT_RETURNED');
      assert.match(edge.state.alarm.message, /right to publish and to read spBv1\.0\/plant\/NBIRTH\/edge/);
      assert.equal(logged.filter((line) => line === edge.state.alarm?.message).length, 1);
      assert.equal(watcher.host.counts['NBIRTH'], undefined);
      await written(broker.process, /Denied PUBLISH/);
    });

    it(`is not noticed when it drops data only (protocol level ${protocolVersion})`, async () => {
      await startDenying('topic deny spBv1.0/plant/DDATA/#');
      watcher = await Watcher.open(broker.url);
      createEdge(protocolVersion);
      await waitFor('the device', () => watcher.host.counts['DBIRTH'] === 1);
      edge.publish('M', [sample('a', 2, { at: Date.now() })]);
      await written(broker.process, /Denied PUBLISH/);
      // A rebirth brings what was dropped: nothing but DDATA is denied.
      await watcher.client.publishAsync(NCMD, Buffer.from(rebirthCommand()));
      await waitFor('the value', () => watcher.host.values.get('M/a') === 2);
      assert.deepEqual(edge.state, { phase: 'born', devices: ['M'] });
      assert.deepEqual(watcher.host.violations, []);
    });

    it(`says so when it refuses the subscription to commands (protocol level ${protocolVersion})`, async () => {
      const file = join(temporaryFolder('access'), 'access.json');
      const defaultACLAccess = {
        publishClientSend: true,
        publishClientReceive: true,
        subscribe: true,
        unsubscribe: true,
      };
      const acls = [{ acltype: 'subscribeLiteral', topic: NCMD, priority: 1, allow: false }];
      const groups = [{ groupname: 'all', roles: [{ rolename: 'deaf' }] }];
      const roles = [{ rolename: 'deaf', acls }];
      writeFileSync(file, JSON.stringify({ defaultACLAccess, clients: [], groups, roles, anonymousGroup: 'all' }));
      broker = await startMosquitto({
        lines: [`plugin ${findMosquittoPlugin('dynamic_security')}`, `plugin_opt_config_file ${file}`],
      });
      watcher = await Watcher.open(broker.url);
      createEdge(protocolVersion);
      await waitFor('the refusal', () => edge.state.error !== undefined);
      assert.equal(edge.state.error?.code, 'MQTT_REFUSED');
      assert.match(edge.state.error.message, /refused the subscription to spBv1\.0\/plant\/NCMD\/edge/);
      assert.equal(watcher.host.counts['NBIRTH'], undefined, 'nobody could ask for a rebirth');
    });
  }
});
