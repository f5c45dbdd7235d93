import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { freePort } from '../../testkit/servers/ports';
import { startProcess, type RunningProcess } from '../../testkit/servers/processes';
import { findProgram } from '../../testkit/servers/programs';
import { isRoot, StackFolder } from '../../testkit/servers/stack-folder';

/** What MQTT 5 says of what a user may not do. */
const NOT_AUTHORIZED = 135;

describe('Mosquitto as bootstrap.sh sets it up', () => {
  let stack: StackFolder;
  let port: number;
  let broker: RunningProcess;
  const clients: MqttClient[] = [];

  /** The very files, and the user that the container has. */
  const start = async (): Promise<RunningProcess> => {
    const folder = stack.brokerFolder(port);
    const program = [findProgram('mosquitto'), '-c', 'config/mosquitto.conf'];
    const { uid, gid } = statSync(stack.path('secrets/mosquitto.key'));
    const as = isRoot ? [findProgram('setpriv'), `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] : [];
    const [command = '', ...args] = [...as, ...program];
    return startProcess({
      name: 'mosquitto',
      command,
      args,
      cwd: folder,
      ready: (output) => /mosquitto version \S+ running/.test(output),
    });
  };

  const connect = async (username: string, options: Partial<IClientOptions> = {}): Promise<MqttClient> => {
    const client = await connectAsync(`mqtts://localhost:${port}`, {
      ca: stack.read('generated/ca.crt'),
      protocolVersion: 5,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
      username,
      password: options.password ?? stack.secret(`mqtt_${username.replace('-', '_')}_password`),
      ...options,
    });
    clients.push(client);
    return client;
  };

  before(async () => {
    stack = await StackFolder.create();
    const { status, output } = await stack.bootstrap();
    assert.equal(status, 0, output);
    port = await freePort();
    broker = await start();
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.endAsync(true);
  });

  after(async () => {
    await broker.stop();
    stack.remove();
  });

  it('takes every user of its own, by TLS with its own authority alone', async () => {
    for (const user of ['node-red', 'scada', 'telegraf', 'health']) assert.ok((await connect(user)).connected, user);
    await assert.rejects(
      connectAsync(`mqtts://localhost:${port}`, { reconnectPeriod: 0, connectTimeout: 10_000 }),
      /self-signed certificate|unable to verify/,
    );
    const plain = {
      reconnectPeriod: 0,
      connectTimeout: 2000,
      username: 'scada',
      password: stack.secret('mqtt_scada_password'),
    };
    await assert.rejects(connectAsync(`mqtt://localhost:${port}`, plain));
    await assert.rejects(connect('scada', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' } as Partial<IClientOptions>));
    // The certificate counts for the names in it only.
    await assert.rejects(connect('scada', { servername: 'mqtt.elsewhere' }), /does not match certificate/);
  });

  it('refuses everybody without a name, with a wrong password, or with one that is tried first', async () => {
    const nobody: IClientOptions = { ca: stack.read('generated/ca.crt'), protocolVersion: 5, reconnectPeriod: 0 };
    await assert.rejects(connectAsync(`mqtts://localhost:${port}`, nobody), /Not authorized/);
    for (const [username, password] of [
      ['node-red', 'wrong'],
      ['node-red', ''],
      ['node-red', stack.secret('mqtt_scada_password')],
      ['admin', 'admin'],
      ['mosquitto', 'mosquitto'],
      ['root', ''],
    ] as const)
      await assert.rejects(connect(username, { password }), /Not authorized|Bad User/, `${username}:${password}`);
  });

  it('lets each user do what it needs, and nothing else', async () => {
    const publish = async (user: string, topic: string): Promise<number> => {
      const client = await connect(user);
      try {
        const answer = (await client.publishAsync(topic, 'x', { qos: 1 })) as { reasonCode?: number } | undefined;
        return answer?.reasonCode ?? 0;
      } catch (thrown) {
        return (thrown as { code?: number }).code ?? -1;
      }
    };
    for (const [user, topic] of [
      ['node-red', 'spBv1.0/site/DDATA/node-red/meter'],
      ['node-red', 'powermonitor/meter/telemetry'],
      ['scada', 'spBv1.0/site/NCMD/node-red'],
      ['scada', 'spBv1.0/site/DCMD/node-red/meter'],
      ['scada', 'spBv1.0/STATE/host'],
    ] as const)
      assert.notEqual(await publish(user, topic), NOT_AUTHORIZED, `${user}: ${topic}`);
    for (const [user, topic] of [
      ['node-red', 'anything'],
      ['scada', 'spBv1.0/site/DDATA/node-red/meter'],
      ['scada', 'spBv1.0/site/NBIRTH/node-red'],
      ['scada', 'powermonitor/meter/telemetry'],
      ['telegraf', 'spBv1.0/site/NCMD/node-red'],
      ['telegraf', 'powermonitor/meter/telemetry'],
      ['health', 'spBv1.0/site/NCMD/node-red'],
    ] as const)
      assert.equal(await publish(user, topic), NOT_AUTHORIZED, `${user}: ${topic}`);
  });

  it('brings each user only the topics that it may read', async () => {
    const seen = new Map<string, string[]>();
    const listeners = ['scada', 'telegraf', 'health'].map(async (user) => {
      const client = await connect(user);
      const topics: string[] = [];
      seen.set(user, topics);
      client.on('message', (topic) => topics.push(topic));
      await client.subscribeAsync(['spBv1.0/#', 'powermonitor/#', '$SYS/broker/uptime'], { qos: 1 });
      return client;
    });
    const listening = await Promise.all(listeners);
    const gateway = await connect('node-red');
    for (const topic of ['powermonitor/m/telemetry', 'spBv1.0/site/DDATA/node-red/m'])
      await gateway.publishAsync(topic, 'x', { qos: 1 });
    // A round trip of each listener brings what was sent to it before.
    for (const client of listening) await client.unsubscribeAsync('nothing');
    const of = (user: string): readonly string[] =>
      (seen.get(user) ?? []).filter((topic) => !topic.startsWith('$SYS')).sort();
    assert.deepEqual(of('telegraf'), ['powermonitor/m/telemetry', 'spBv1.0/site/DDATA/node-red/m']);
    assert.deepEqual(of('scada'), ['spBv1.0/site/DDATA/node-red/m']);
    assert.deepEqual(of('health'), []);
    assert.ok(!(seen.get('scada') ?? []).some((topic) => topic.startsWith('$SYS')));
  });

  it('answers the command of its health check, which has its password from a file', () => {
    const home = stack.path('health');
    mkdirSync(home, { recursive: true });
    copyFileSync(stack.path('secrets/mosquitto_health'), join(home, 'mosquitto_sub'));
    if (isRoot) chownSync(join(home, 'mosquitto_sub'), 0, 0);
    const check = (XDG_CONFIG_HOME: string): string =>
      execFileSync(
        findProgram('mosquitto_sub'),
        [
          '-h',
          'localhost',
          '-p',
          String(port),
          '--cafile',
          stack.path('generated/ca.crt'),
          '-t',
          '$SYS/broker/uptime',
          '-C',
          '1',
          '-W',
          '30',
        ],
        { env: { ...process.env, XDG_CONFIG_HOME, HOME: '/nowhere' }, encoding: 'utf8', stdio: 'pipe' },
      );
    assert.match(check(home), /^\d+ seconds\n$/);
    assert.throws(() => check('/nowhere'));
  });

  it('a rotated password counts after a restart, and the old one no more', async () => {
    const old = stack.secret('mqtt_scada_password');
    assert.equal((await stack.bootstrap(['rotate', 'mqtt_scada_password'], { env: { MQTT_PORT: '1' } })).status, 0);
    await broker.stop();
    broker = await start();
    assert.ok((await connect('scada')).connected);
    assert.ok((await connect('node-red')).connected);
    await assert.rejects(connect('scada', { password: old }), /Not authorized/);
  });
});
