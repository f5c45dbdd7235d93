import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { PACKAGE_NAME } from '../../testkit/node-red/node-red';
import { ROOT } from '../../testkit/root';
import { freePortRange } from '../../testkit/servers/ports';
import type { RunningProcess } from '../../testkit/servers/processes';
import { findProgram } from '../../testkit/servers/programs';
import { runScript, type Ended } from '../../testkit/servers/shell';
import { readUnit, startUnit, unitText, valuesOf } from '../../testkit/servers/systemd-unit';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { waitFor } from '../../testkit/wait';

/** Of the site; the computer that runs this has another, and would make days while they go on. */
const ZONE = 'America/New_York';
const PATIENCE = { timeoutMs: 90_000, everyMs: 200 };
const PACKAGE = '/usr/lib/node_modules/@pm500/node-red-powermonitor';

describe('the units of systemd', () => {
  const names = readdirSync(join(ROOT, 'deploy/systemd'));
  const services = names.filter((name) => name.endsWith('.service'));
  const analyze = (...args: string[]): { status: number | null; output: string } => {
    const options = {
      cwd: join(ROOT, 'deploy/systemd'),
      encoding: 'utf8',
      env: { ...process.env, SYSTEMD_COLORS: '0' },
    } as const;
    const { status, stdout, stderr } = spawnSync(findProgram('systemd-analyze'), args, options);
    return { status, output: stdout + stderr };
  };

  it('are such that systemd finds nothing wrong in them', () => {
    const { status, output } = analyze('verify', '--man=no', ...names.map((name) => `./${name}`));
    assert.equal(status, 0, output);
    assert.doesNotMatch(output, /pm500-/);
  });

  it('shut each service in: its exposure by the measure of systemd is below 2 of 10', () => {
    for (const name of services) {
      const { output } = analyze('security', '--offline=true', '--no-pager', `./${name}`);
      const [, exposure = '10'] = /Overall exposure level for \S+: (\d+\.\d)/.exec(output) ?? [];
      assert.ok(Number(exposure) < 2, `${name}: ${exposure}`);
    }
  });

  it('run nothing as root but the setup of the database, listen on this computer alone, and have limits', () => {
    for (const name of services) {
      const unit = readUnit(unitText(name));
      const of = (key: string): readonly string[] => valuesOf(unit, 'Service', key);
      assert.deepEqual(of('DynamicUser'), name === 'pm500-influxdb-setup.service' ? [] : ['yes'], name);
      assert.deepEqual(of('CapabilityBoundingSet'), [''], name);
      assert.match(of('MemoryMax')[0] ?? '', /^\d+[MG]$/, name);
      for (const [, address = ''] of of('ExecStart')
        .join(' ')
        .matchAll(/isten-?[aA]ddr(?:ess)?=(\S*)/g))
        assert.match(address, /^127\.0\.0\.1:\d+$|^$/, name);
    }
  });
});

describe('the stack on Debian without containers: the shipped files, started for real', () => {
  const folder = temporaryFolder('debian');
  const etc = join(folder, 'etc');
  const units = join(folder, 'units');
  const running = new Map<string, RunningProcess>();
  const told: string[] = [];
  let people: Server;
  let port: Readonly<Record<'influx' | 'rpc' | 'metrics' | 'manager' | 'alert' | 'mqtt' | 'nodeRed' | 'meter', number>>;
  let instead: Record<string, string> = {};

  const secret = (name: string): string => readFileSync(join(etc, 'secrets', name), 'utf8').trim();
  /** Folders and addresses stand in these two files, too. */
  const adapt = (): void => {
    for (const name of ['influxdb.conf', 'scrape.yml']) {
      const path = join(etc, name);
      const text = Object.entries(instead).reduce(
        (adapted, [from, to]) => adapted.replaceAll(from, to),
        readFileSync(path, 'utf8'),
      );
      writeFileSync(path, text);
    }
  };
  const bootstrap = async (...args: string[]): Promise<Ended> => {
    const ended = await runScript(join(ROOT, 'deploy/debian/bootstrap.sh'), {
      args,
      env: {
        PM500_ETC: etc,
        PM500_UNITS: units,
        PM500_CHECK_PORTS: 'no',
        MQTT_PORT: String(port.mqtt),
        TIME_ZONE: ZONE,
        ALERT_WEBHOOK: `http://127.0.0.1:${(people.address() as AddressInfo).port}`,
      },
    });
    if (existsSync(join(etc, 'scrape.yml'))) adapt();
    return ended;
  };
  const setUpInflux = (env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
    runScript(join(ROOT, 'deploy/debian/influxdb-setup.sh'), {
      env: { INFLUX_URL: `http://127.0.0.1:${port.influx}`, PM500_SECRETS: join(etc, 'secrets'), ...env },
    });
  const start = async (
    name: string,
    ready: (output: string) => boolean | Promise<boolean>,
    env = {},
  ): Promise<void> => {
    const state = join(folder, 'state', name);
    mkdirSync(state, { recursive: true });
    const credentials = join(folder, 'credentials', `${name}.service`);
    running.set(name, await startUnit(`${name}.service`, { instead, ready, credentials, state, env }));
  };
  const answers = (url: string) => async (): Promise<boolean> => (await fetch(url)).ok;
  const ask = async (user: string, password: string, influxQl: string, method = 'POST'): Promise<string> => {
    const parameters = new URLSearchParams({ q: influxQl, db: 'energy' });
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const response = await fetch(`http://127.0.0.1:${port.influx}/query?${parameters.toString()}`, {
      method,
      headers: user === '' ? {} : { authorization },
    });
    return response.text();
  };
  const write = async (user: string): Promise<number> => {
    const authorization = `Basic ${Buffer.from(`pm500-${user}:${secret(`influx_${user}_password`)}`).toString('base64')}`;
    const url = `http://127.0.0.1:${port.influx}/write?db=energy`;
    return (await fetch(url, { method: 'POST', headers: { authorization }, body: 'test value=1' })).status;
  };
  const nodeRed = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port.nodeRed}${path}`, { headers });
  const logIn = (username: string, password: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port.nodeRed}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: 'node-red-admin', grant_type: 'password', scope: '*', username, password }),
    });

  before(async () => {
    const first = await freePortRange(8);
    const names = ['influx', 'rpc', 'metrics', 'manager', 'alert', 'mqtt', 'nodeRed', 'meter'] as const;
    port = Object.fromEntries(names.map((name, index) => [name, first + index])) as typeof port;
    people = createServer((request, response) => {
      told.push(request.url ?? '');
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((resolve) => people.listen(0, '127.0.0.1', resolve));
    // Others than root get in, too.
    chmodSync(folder, 0o755);
    mkdirSync(units);
    const { status, output } = await bootstrap();
    assert.equal(status, 0, output);
    const metrics = join(folder, 'credentials/pm500-victoria-metrics.service');
    instead = {
      '/etc/pm500': etc,
      '/var/lib/': `${join(folder, 'state')}/`,
      [PACKAGE]: ROOT,
      '127.0.0.1:8086': `127.0.0.1:${port.influx}`,
      '127.0.0.1:8088': `127.0.0.1:${port.rpc}`,
      '127.0.0.1:8428': `127.0.0.1:${port.metrics}`,
      '127.0.0.1:9093': `127.0.0.1:${port.manager}`,
      '127.0.0.1:8880': `127.0.0.1:${port.alert}`,
      '127.0.0.1:1880': `127.0.0.1:${port.nodeRed}`,
      '/run/credentials/pm500-victoria-metrics.service': metrics,
    };
    adapt();
    await start('pm500-influxdb', async () => (await fetch(`http://127.0.0.1:${port.influx}/ping`)).status === 204);
  });

  after(async () => {
    for (const each of [...running.values()].reverse()) await each.stop();
    people.closeAllConnections();
    await new Promise((closed) => people.close(closed));
    removeFolder(folder);
  });

  it('bootstrap.sh may run twice, keeps secrets to root, and installs every unit', async () => {
    const read = (): unknown =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter(
          (entry) =>
            entry.isFile() && (entry.parentPath.startsWith(join(etc, 'secrets')) || entry.parentPath === units),
        )
        .map(({ parentPath, name }) => [
          name,
          statSync(join(parentPath, name)).mtimeMs,
          readFileSync(join(parentPath, name), 'utf8'),
        ]);
    const first = read();
    // As a root with umask 077 has made it: services that are users of their own could not read their configurations.
    chmodSync(etc, 0o700);
    const { status, output } = await bootstrap();
    assert.equal(statSync(etc).mode & 0o777, 0o755);
    assert.equal(status, 0, output);
    // All that starts at boot is enabled, also what an upgrade has brought; nothing else is started.
    const enabled = readdirSync(join(ROOT, 'deploy/systemd'))
      .filter((name) => unitText(name).includes('[Install]'))
      .map((name) => name.replace('.service', ''));
    const command = /^Ready: systemctl daemon-reload && systemctl enable (.*) && systemctl restart (.*)$/m.exec(output);
    for (const list of command?.slice(1) ?? ['']) assert.deepEqual(list.split(' ').sort(), enabled.sort());
    assert.deepEqual(read(), first);
    for (const name of readdirSync(join(etc, 'secrets')))
      assert.equal(statSync(join(etc, 'secrets', name)).mode & 0o777, 0o600, name);
    assert.deepEqual(readdirSync(units).sort(), readdirSync(join(ROOT, 'deploy/systemd')).sort());
    for (const [name, time] of [
      ['rollup', `*-*-* 04:35:00 ${ZONE}`],
      ['backup', `*-*-* 04:05:00 ${ZONE}`],
      ['tier-status', '*-*-* *:00/2:00'],
    ] as const) {
      const timer = readUnit(readFileSync(join(units, `pm500-${name}.timer`), 'utf8'));
      assert.deepEqual(valuesOf(timer, 'Timer', 'OnCalendar'), [time]);
      const calendar = spawnSync(findProgram('systemd-analyze'), ['calendar', time]);
      assert.equal(calendar.status, 0, calendar.stderr.toString());
    }
    assert.match((await bootstrap('rotate', 'nothing')).output, /There is no secret named "nothing"/);
  });

  it('bootstrap.sh finds the folder of npm, and says what is missing there', async () => {
    const place = temporaryFolder('npm');
    const inside = join(place, 'lib/node_modules/@pm500/node-red-powermonitor');
    mkdirSync(dirname(inside), { recursive: true });
    mkdirSync(inside);
    symlinkSync(join(ROOT, 'deploy'), join(inside, 'deploy'));
    const env = { PM500_ETC: join(place, 'etc'), PM500_UNITS: join(place, 'units'), PM500_CHECK_PORTS: 'no' };
    mkdirSync(env.PM500_UNITS);
    const script = join(inside, 'deploy/debian/bootstrap.sh');
    const missing = await runScript(script, { env });
    assert.match(
      missing.output,
      /^Node-RED is not beside this package in \S+\/lib\/node_modules: npm install -g node-red/,
    );
    assert.deepEqual(readdirSync(place).sort(), ['lib', 'units']);
    mkdirSync(join(place, 'lib/node_modules/node-red'));
    writeFileSync(join(place, 'lib/node_modules/node-red/red.js'), '');
    const { status, output } = await runScript(script, { env: { ...env, MQTT_LISTEN: '192.0.2.9' } });
    // Where Node.js is in a folder that no service sees, that is what it says.
    if (status !== 0) {
      assert.match(output, /^Services find no Node\.js of 20\.19 or newer/);
      return;
    }
    const installed = readdirSync(env.PM500_UNITS).map((name) => readFileSync(join(env.PM500_UNITS, name), 'utf8'));
    for (const unit of installed) assert.ok(!unit.includes('/usr/lib/node_modules'));
    assert.ok(installed.some((unit) => unit.includes(`/bin/sh ${inside}/deploy/node-red/start.sh`)));
    // Others reach the broker at one address, Node-RED beside it at its own.
    const broker = readFileSync(join(env.PM500_ETC, 'mosquitto.conf'), 'utf8');
    const listeners = [...broker.matchAll(/^listener (.*)\n(certfile .*\nkeyfile .*)$/gm)].map(([, each]) => each);
    assert.deepEqual(listeners, ['8883 192.0.2.9', '8883 127.0.0.1']);
  });

  it('InfluxDB lets nobody in but its users, each with its right alone; rotated passwords count', async () => {
    const first = await setUpInflux();
    assert.equal(first.status, 0, first.output);
    assert.match(first.output, /is ready: database energy[\s\S]*pm500-writer may write, pm500-reader may read/);
    assert.match(await ask('', '', 'SHOW DATABASES'), /unable to parse authentication/);
    for (const [user, password] of [
      ['admin', 'admin'],
      ['root', 'root'],
      ['admin', ''],
      ['pm500-reader', 'pm500-reader'],
    ] as const)
      assert.match(await ask(user, password, 'SHOW DATABASES'), /authorization failed/, user);
    assert.deepEqual([await write('writer'), await write('reader')], [204, 403]);
    assert.match(await ask('pm500-reader', secret('influx_reader_password'), 'SELECT * FROM test'), /"value"/);
    assert.match(await ask('pm500-writer', secret('influx_writer_password'), 'SELECT * FROM test'), /not authorized/);
    assert.match(
      await ask('pm500-reader', secret('influx_reader_password'), 'DROP MEASUREMENT test'),
      /not authorized|requires/,
    );
    assert.equal((await setUpInflux()).status, 0);
    // Of a person, with all that has a meaning somewhere: InfluxQL, curl, a shell, systemd.
    const odd = `It's"a\\Very$trange;\`Phrase%42&#`;
    for (const name of ['influx_admin_password', 'influx_writer_password']) {
      const given = await runScript(join(ROOT, 'deploy/debian/bootstrap.sh'), {
        args: ['set', name],
        env: { PM500_ETC: etc, PM500_UNITS: units, PM500_CHECK_PORTS: 'no' },
        input: `${odd}\n`,
      });
      assert.equal(given.status, 0, given.output);
    }
    adapt();
    const taken = await setUpInflux();
    assert.equal(taken.status, 0, taken.output);
    assert.match(await ask('admin', odd, 'SHOW DATABASES'), /energy/);
    assert.deepEqual([await write('writer'), await write('reader')], [204, 403]);
    const shell = ['-c', `. ${join(etc, 'influx.env')} && printf %s "$INFLUX_PASSWORD"`];
    assert.equal(spawnSync('/bin/sh', shell, { encoding: 'utf8' }).stdout, odd);
    const before = secret('influx_admin_password');
    for (const name of ['influx_admin_password', 'influx_admin_password', 'influx_writer_password'])
      assert.equal((await bootstrap('rotate', name)).status, 0);
    const again = await setUpInflux();
    assert.equal(again.status, 0, again.output);
    assert.match(await ask('admin', before, 'SHOW DATABASES'), /authorization failed/);
    assert.match(await ask('admin', secret('influx_admin_password'), 'SHOW DATABASES'), /energy/);
    assert.equal(await write('writer'), 204);
    assert.ok(!existsSync(join(etc, 'secrets/influx_admin_password.previous')));
  });

  it('the setup of InfluxDB says in one sentence what is wrong: password, secret, version, server', async () => {
    const refused = async (env: Readonly<Record<string, string>>, sentence: RegExp): Promise<void> => {
      const { status, output } = await setUpInflux({ INFLUX_WAIT_SECONDS: '0', ...env });
      assert.equal(status, 1, output);
      assert.match(output, sentence);
      assert.equal(output.trim().split('\n').length, 1, output);
    };
    await refused(
      { PM500_SECRETS: '/nowhere' },
      /The secret \/nowhere\/influx_admin_password cannot be read: run bootstrap\.sh/,
    );
    await refused({ INFLUX_URL: 'http://127.0.0.1:1' }, /does not answer: start it/);
    const other = createServer((_, response) => response.writeHead(204, { 'X-Influxdb-Version': 'v2.7.12' }).end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    await refused(
      { INFLUX_URL: `http://127.0.0.1:${(other.address() as AddressInfo).port}` },
      /is not InfluxDB 1 \(2\.7\.12\): .*Compose stack/,
    );
    other.close();
    const wrong = temporaryFolder('wrong-secrets');
    for (const name of ['influx_admin_password', 'influx_writer_password', 'influx_reader_password'])
      writeFileSync(join(wrong, name), 'another-value-0123456789\n');
    await refused({ PM500_SECRETS: wrong }, /refuses the password of admin in \S+: put the right one back/);
  });

  it('from the simulated meter to database, broker and a first alert, by the units and the reference flow', async () => {
    await start('pm500-mosquitto', (output) => /mosquitto version \S+ running/.test(output));
    await start('pm500-victoria-metrics', answers(`http://127.0.0.1:${port.metrics}/health`));
    await start('pm500-alertmanager', answers(`http://127.0.0.1:${port.manager}/-/ready`));
    await start('pm500-vmalert', answers(`http://127.0.0.1:${port.alert}/health`));
    const userDir = join(folder, 'state/pm500-node-red');
    mkdirSync(dirname(join(userDir, 'node_modules', PACKAGE_NAME)), { recursive: true });
    symlinkSync(ROOT, join(userDir, 'node_modules', PACKAGE_NAME), 'junction');
    writeFileSync(
      join(userDir, 'package.json'),
      JSON.stringify({ name: 'site', private: true, dependencies: { [PACKAGE_NAME]: '*' } }),
    );
    await start('pm500-node-red', (output) => output.includes('Started flows'), {
      NODE_RED_PROGRAM: join(dirname(createRequire(__filename).resolve('node-red/package.json')), 'red.js'),
      PM500_UI_PORT: String(port.nodeRed),
      PM500_INFLUX_URL: `http://127.0.0.1:${port.influx}`,
      PM500_METRICS_URL: `http://127.0.0.1:${port.metrics}`,
      PM500_CA_FILE: join(etc, 'ca.crt'),
      PM500_METER_PORT: String(port.meter),
      PM500_SIM_PORT: String(port.meter),
    });
    const host: MqttClient = await connectAsync(`mqtts://localhost:${port.mqtt}`, {
      ca: readFileSync(join(etc, 'ca.crt')),
      username: 'scada',
      password: secret('mqtt_scada_password'),
      reconnectPeriod: 0,
    });
    const topics = new Set<string>();
    host.on('message', (topic) => topics.add(topic));
    await host.subscribeAsync('spBv1.0/#');
    await waitFor('data at the broker', () => [...topics].some((topic) => topic.includes('/DDATA/')), PATIENCE);
    await host.endAsync();
    await waitFor(
      'energies and voltages in InfluxDB, for who may only read',
      async () => {
        const answer = await ask(
          'pm500-reader',
          secret('influx_reader_password'),
          'SHOW FIELD KEYS FROM powermonitor_500, powermonitor_500_kpi',
        );
        return ['voltage_l1_n', 'active_power_total', 'energy_delta_active_import_total'].every((field) =>
          answer.includes(field),
        );
      },
      PATIENCE,
    );
    const metric = async (expression: string): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port.metrics}/api/v1/query?query=${encodeURIComponent(expression)}`)).text();
    await waitFor(
      'the metrics page in the metrics database',
      async () => (await metric('up{job="pm500"} == 1')).includes('"value"'),
      PATIENCE,
    );
    await waitFor(
      'measurements in the metrics database',
      async () => (await metric('powermonitor_500_voltage_l1_n')).includes('"value"'),
      PATIENCE,
    );
    await waitFor('a first alert', () => told.includes('/watchdog'), PATIENCE);
  });

  it('Node-RED lets in the operator, and the metrics database to its page, and nobody else', async () => {
    assert.equal((await nodeRed('/flows')).status, 401);
    assert.equal((await nodeRed('/pm500/metrics')).status, 401);
    for (const [user, password] of [
      ['admin', 'admin'],
      ['operator', ''],
      ['operator', 'operator'],
      ['admin', secret('node_red_password')],
    ] as const)
      assert.notEqual((await logIn(user, password)).status, 200, `${user}:${password}`);
    const answer = (await (await logIn('operator', secret('node_red_password'))).json()) as { access_token: string };
    const operator = { authorization: `Bearer ${answer.access_token}` };
    const flows = await nodeRed('/flows', operator);
    assert.equal(flows.status, 200);
    for (const name of ['mqtt_node_red_password', 'influx_writer_password'])
      assert.ok(!(await flows.clone().text()).includes(secret(name)));
    const database = { authorization: `Bearer ${secret('node_red_metrics_token')}` };
    assert.equal((await nodeRed('/pm500/metrics', database)).status, 200);
    assert.equal((await nodeRed('/flows', database)).status, 401);
    // No secret is in what Node-RED keeps, nor does the exec node exist.
    const userDir = join(folder, 'state/pm500-node-red');
    for (const name of ['flows.json', 'flows_cred.json'])
      for (const each of ['mqtt_node_red_password', 'influx_writer_password'])
        assert.ok(!readFileSync(join(userDir, name), 'utf8').includes(secret(each)), `${name}: ${each}`);
    const nodes = await (await nodeRed('/nodes', { ...operator, accept: 'application/json' })).text();
    assert.ok(nodes.includes('pm500-meter') && !nodes.includes('"exec"'));
  });

  it('Node-RED keeps the flow of the operator, and does not start without its secrets', async () => {
    const userDir = join(folder, 'state/pm500-node-red');
    await running.get('pm500-node-red')?.stop();
    running.delete('pm500-node-red');
    writeFileSync(join(userDir, 'flows.json'), '[]');
    const script = join(ROOT, 'deploy/node-red/start.sh');
    const program = join(dirname(createRequire(__filename).resolve('node-red/package.json')), 'red.js');
    const started = (env: Readonly<Record<string, string>>): Promise<Ended> =>
      runScript(script, { env: { USER_DIR: userDir, NODE_RED_PROGRAM: program, ...env } });
    const { status, output } = await started({ PM500_SECRETS: '/nowhere' });
    assert.equal(status, 1);
    assert.match(
      output,
      /^The secret \/nowhere\/node_red_password cannot be read \(ENOENT\): run bootstrap\.sh, then start again\.$/m,
    );
    assert.equal(readFileSync(join(userDir, 'flows.json'), 'utf8'), '[]');
    const missing = await started({ USER_DIR: '/proc/none', PM500_SECRETS: '/nowhere' });
    assert.match(
      missing.output,
      /^Nothing can be written into \/proc\/none as user \d+: give the folder to this user\.\n$/,
    );
    rmSync(join(userDir, 'flows.json'));
  });

  it('whoever is logged in to Node-RED has to log in again when the password is another, and only then', () => {
    const userDir = temporaryFolder('sessions');
    const secrets = temporaryFolder('session-secrets');
    for (const name of readdirSync(join(etc, 'secrets')).filter((each) => each !== 'ca.key'))
      writeFileSync(join(secrets, name), readFileSync(join(etc, 'secrets', name)));
    const sessions = join(userDir, '.sessions.json');
    const isKept = (): boolean => {
      writeFileSync(sessions, '{}');
      const env = { ...process.env, USER_DIR: userDir, PM500_SECRETS: secrets };
      const loaded = spawnSync(process.execPath, [join(ROOT, 'deploy/node-red/settings.js')], {
        env,
        encoding: 'utf8',
      });
      assert.deepEqual([loaded.status, loaded.stderr], [0, '']);
      return existsSync(sessions);
    };
    assert.deepEqual([isKept(), isKept()], [false, true]);
    writeFileSync(join(secrets, 'node_red_password'), 'another-value-0123456789\n');
    assert.deepEqual([isKept(), isKept()], [false, true]);
    assert.equal(statSync(join(userDir, '.operator')).mode & 0o777, 0o600);
  });
});
