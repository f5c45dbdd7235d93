import assert from 'node:assert/strict';
import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { findFaintWords } from '../../testkit/contrast';
import { Editor } from '../../testkit/node-red/editor';
import { startNodeRed, type NodeRed } from '../../testkit/node-red/node-red';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { findMosquittoPlugin, startMosquitto, type Mosquitto } from '../../testkit/servers/mosquitto';
import { freePort } from '../../testkit/servers/ports';
import { hostState } from '../../testkit/sparkplug/samples';
import { temporaryFolder } from '../../testkit/temporary-folder';

/** As in node-red-5.test.ts. */
const ENOUGH_CONTRAST = 3;
const FORM = '#sparkplug-edge-connection';
const STATE = 'spBv1.0/STATE/scada';
const LOGIN = { username: 'edge', password: 'right' } as const;

/** Of the hash of a password. */
const ITERATIONS = 101;

/** A Mosquitto with a login, one port with TLS, and a topic that nobody may subscribe to. */
async function startStrictMosquitto(securePort: number): Promise<Mosquitto> {
  const authority = new CertificateAuthority();
  const { key, certificate } = authority.issue('server', 5);
  const access = join(temporaryFolder('strict'), 'access.json');
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(LOGIN.password, salt, ITERATIONS, 64, 'sha512').toString('base64');
  const login = { username: LOGIN.username, password: hash, salt: salt.toString('base64'), iterations: ITERATIONS };
  const acls = [{ acltype: 'subscribeLiteral', topic: 'spBv1.0/plant/NCMD/denied', priority: 1, allow: false }];
  const rules = {
    defaultACLAccess: { publishClientSend: true, publishClientReceive: true, subscribe: true, unsubscribe: true },
    clients: [{ ...login, roles: [{ rolename: 'deaf' }] }],
    groups: [],
    roles: [{ rolename: 'deaf', acls }],
  };
  writeFileSync(access, JSON.stringify(rules));
  return startMosquitto({
    lines: [
      `plugin ${findMosquittoPlugin('dynamic_security')}`,
      `plugin_opt_config_file ${access}`,
      'allow_anonymous false',
      `listener ${securePort} 127.0.0.1`,
      `certfile ${certificate}`,
      `keyfile ${key}`,
    ],
  });
}

describe('the form of a Sparkplug edge node before it is deployed', function () {
  this.timeout(180_000);
  let red: NodeRed;
  let editor: Editor;
  let broker: Mosquitto;
  let securePort: number;

  before(async () => {
    securePort = await freePort();
    broker = await startStrictMosquitto(securePort);
    red = await startNodeRed();
    editor = await Editor.open(red.url);
    await editor.edit(await editor.drag('sparkplug-out', 300, 200));
    await editor.editConfiguration('edge');
  });

  after(async () => {
    await (editor as Editor | undefined)?.close();
    await (red as NodeRed | undefined)?.stop();
    await (broker as Mosquitto | undefined)?.stop();
  });

  const fill = (name: string, value: string): Promise<void> =>
    editor.page.locator(`#node-config-input-${name}`).fill(value);
  const test = async (outcome: RegExp): Promise<void> => {
    await editor.page.locator(`${FORM} .pm500-test`).click();
    await editor.page.locator(`${FORM} .pm500-outcome`).filter({ hasText: outcome }).waitFor();
  };

  it('names the cause, one after the other', async () => {
    await fill('groupId', 'plant');
    await fill('edgeNodeId', 'denied');
    await fill('host', '127.0.0.1');
    await fill('port', String(securePort));
    await test(/MQTT_TLS_FAILED .*expects TLS/);
    await editor.page.locator('#node-config-input-useTls').check();
    await test(/MQTT_TLS_FAILED .*(CA is not known|self-signed)/);
    await fill('port', String(broker.port));
    await test(/MQTT_TLS_FAILED .*does not speak TLS on this port/);
    await editor.page.locator('#node-config-input-useTls').uncheck();
    await fill('username', LOGIN.username);
    await fill('password', 'wrong');
    await test(/MQTT_REFUSED .*(may not connect|is wrong)/);
    await fill('password', LOGIN.password);
    await test(/MQTT_REFUSED .*refused the subscription to spBv1\.0\/plant\/NCMD\/denied/);
  });

  it('says that the broker takes it, how the host is, and what the first messages would be', async () => {
    await fill('edgeNodeId', 'power');
    await fill('primaryHostId', 'scada');
    await test(/Waits .*would publish nothing yet.*has not been heard of/);
    const host = await connectAsync(broker.url, LOGIN);
    await host.publishAsync(STATE, Buffer.from(hostState(true, Date.now())), { retain: true });
    await host.endAsync();
    await test(/OK .*takes the edge node.*"scada" is online/);
    const preview = await editor.page.locator(`${FORM} .pm500-preview`).innerText();
    assert.match(preview, /^spBv1\.0\/plant\/NBIRTH\/power .*\n.*bdSeq.*\nspBv1\.0\/plant\/DBIRTH\/power\/<meter> /);
    const { problems } = await editor.inspectDialog();
    assert.deepEqual([...problems, ...(await findFaintWords(editor.page, ENOUGH_CONTRAST))], []);
    await editor.photograph('sparkplug-test');
    assert.doesNotMatch(broker.process.output(), /PUBLISH from pm500/);
  });

  it('left no complaint in the console of the browser', () => {
    assert.deepEqual(editor.complaints, []);
  });
});
