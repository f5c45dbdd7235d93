import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { makeSmallDisk } from '../../testkit/delivery/small-disk';
import { ROOT } from '../../testkit/root';
import { findProgram } from '../../testkit/servers/programs';
import type { Ended } from '../../testkit/servers/shell';
import { isRoot, StackFolder } from '../../testkit/servers/stack-folder';
import { temporaryFolder } from '../../testkit/temporary-folder';

const TOOLS = 'awk cat chmod chown cmp cut dirname fold grep head id mkdir mv rm sed sort tail tr wc'.split(' ');
const NOBODY = 65534;
/** Secrets that are not rotated. */
const KEPT = ['node_red_credential_secret', 'grafana_secret_key', 'influx_admin_token', 'alert_smtp_password'];

/** A PATH with what bootstrap.sh needs but openssl, in whose place stands `openssl` where it is given. */
function pathWith(openssl?: string): string {
  const folder = temporaryFolder('path');
  chmodSync(folder, 0o755);
  for (const name of TOOLS) symlinkSync(findProgram(name), join(folder, name));
  if (openssl !== undefined) writeFileSync(join(folder, 'openssl'), openssl, { mode: 0o755 });
  return folder;
}

/** It ends with a sentence that says what to do, and no secret is in it. */
function assertSentence({ status, output }: Ended, sentence: RegExp): void {
  assert.equal(status, 1, output);
  assert.match(output, sentence);
  assert.equal(output.trim().split('\n').length, 1, output);
}

/** What has its name is whole. */
function assertWhole(stack: StackFolder): void {
  for (const [path, text] of stack.files()) {
    if (path.includes('.new')) continue;
    const [mode, , , ...words] = text.split(' ');
    assert.equal(mode, '100600', path);
    assert.ok(words.join(' ').endsWith('\n') && words.join(' ').trim().length > 10, `${path} is half made`);
  }
}

describe('bootstrap.sh of the Compose stack', () => {
  let stack: StackFolder;

  beforeEach(async () => {
    stack = await StackFolder.create();
  });

  afterEach(() => {
    stack.remove();
  });

  const made = async (): Promise<void> => {
    const { status, output } = await stack.bootstrap();
    assert.equal(status, 0, output);
    assert.match(output, /Ready: docker compose up -d\n$/);
  };

  /** Whom the file of Alertmanager tells, by receiver, and by which mail server; it takes that file. */
  const alertmanager = (): { global: unknown; receivers: Readonly<Record<string, readonly string[]>> } => {
    const path = stack.path('generated/alertmanager.yml');
    const checked = spawnSync(findProgram('amtool'), ['check-config', path], { encoding: 'utf8' });
    assert.equal(checked.status, 0, checked.stdout + checked.stderr);
    const { global, receivers } = parse(readFileSync(path, 'utf8')) as {
      global: unknown;
      receivers: { name: string; email_configs?: { to: string }[]; webhook_configs?: { url: string }[] }[];
    };
    const told = receivers.map(({ name, email_configs: mails = [], webhook_configs: hooks = [] }) => [
      name,
      [...mails.map(({ to }) => to), ...hooks.map(({ url }) => url)],
    ]);
    return { global, receivers: Object.fromEntries(told) as Record<string, string[]> };
  };

  it('makes everything that the Compose file mounts, for one user alone; the second run changes nothing', async () => {
    await made();
    const first = stack.files();
    const file = parse(readFileSync(join(ROOT, 'deploy/compose/compose.yaml'), 'utf8'), { merge: true }) as {
      services: Record<string, { volumes?: string[] }>;
      secrets: Record<string, { file: string }>;
    };
    const mounted = [
      ...Object.values(file.secrets).map((secret) => secret.file),
      ...Object.values(file.services).flatMap(({ volumes = [] }) =>
        volumes
          .filter((volume) => volume.startsWith('./generated/'))
          .map((volume) => volume.slice(2).split(':')[0] ?? ''),
      ),
    ];
    const [uid] = /^PM500_UID=(.*)$/m.exec(stack.read('.env'))?.slice(1) ?? [];
    for (const path of mounted) {
      assert.ok(existsSync(stack.path(path)), path);
      assert.equal(String(statSync(stack.path(path)).uid), uid, path);
    }
    assertWhole(stack);
    await made();
    assert.deepEqual([...stack.files()], [...first]);
    const other = await StackFolder.create();
    await other.bootstrap();
    for (const path of Object.values(file.secrets).map((secret) => secret.file))
      // That of the mail server nobody can make.
      if (!path.includes('alert_smtp'))
        assert.notEqual(other.read(path), stack.read(path), `${path} is the same everywhere`);
    other.remove();
  });

  it('the certificate is signed by its authority for the names of the site, and made again for others', async () => {
    await made();
    const names = (): string =>
      spawnSync('openssl', ['x509', '-in', stack.path('secrets/mosquitto.crt'), '-noout', '-ext', 'subjectAltName'], {
        encoding: 'utf8',
      }).stdout;
    assert.match(names(), /DNS:mosquitto, DNS:localhost, IP Address:127\.0\.0\.1\n/);
    writeFileSync(
      stack.path('.env'),
      stack.read('.env').replace(/^MQTT_NAMES=.*$/m, 'MQTT_NAMES=DNS:mqtt.site,IP:192.0.2.9'),
    );
    await made();
    assert.match(names(), /DNS:mqtt\.site, IP Address:192\.0\.2\.9/);
    const verified = spawnSync('openssl', [
      'verify',
      '-CAfile',
      stack.path('generated/ca.crt'),
      stack.path('secrets/mosquitto.crt'),
    ]);
    assert.equal(verified.status, 0);
    // Half of a pair, as a run leaves it that is ended between the two.
    rmSync(stack.path('secrets/mosquitto.crt'));
    await made();
    assert.ok(existsSync(stack.path('secrets/mosquitto.crt')));
  });

  it('the addresses of the site stand in the file of Alertmanager, which takes it', async () => {
    const addresses = {
      ALERT_SMTP: 'mail.site:25',
      ALERT_SMTP_TLS: 'no',
      ALERT_FROM: 'a@site',
      ALERT_TO: 'b@site',
      ALERT_ON_CALL: 'c@site',
      ALERT_WEBHOOK: 'https://hook.site/x/',
    };
    const { status, output } = await stack.bootstrap([], { env: addresses });
    assert.equal(status, 0, output);
    assert.doesNotMatch(output, /Nobody is told/);
    const { global, receivers } = alertmanager();
    assert.deepEqual(global, { smtp_smarthost: 'mail.site:25', smtp_from: 'a@site', smtp_require_tls: false });
    assert.deepEqual(receivers, {
      nobody: [],
      test: ['b@site', 'https://hook.site/x/test'],
      mail: ['b@site', 'https://hook.site/x/mail'],
      'on-call': ['c@site', 'https://hook.site/x/on-call'],
      watchdog: ['https://hook.site/x/watchdog'],
    });
  });

  it('who has only a web hook, or only a mail server, is told of everything by that', async () => {
    assert.match((await stack.bootstrap()).output, /^Nobody is told of alerts yet: set ALERT_SMTP or ALERT_WEBHOOK in/);
    assert.deepEqual(Object.values(alertmanager().receivers).flat(), []);
    const env = stack.read('.env');
    const setUp = async (settings: string): Promise<string> => {
      writeFileSync(stack.path('.env'), `${env}${settings}\n`);
      const { status, output } = await stack.bootstrap();
      assert.equal(status, 0, output);
      return output;
    };
    assert.match(await setUp('ALERT_WEBHOOK=http://hook.site'), /^Ready: [^\n]*\n$/);
    assert.deepEqual(alertmanager().receivers, {
      nobody: [],
      ...Object.fromEntries(
        ['test', 'mail', 'on-call', 'watchdog'].map((name) => [name, [`http://hook.site/${name}`]]),
      ),
    });
    const mail = 'ALERT_SMTP=mail.site:587\nALERT_FROM=a@site\nALERT_TO=b@site';
    assert.match(
      await setUp(mail),
      /^Nobody is told when alerting itself has died: .* set ALERT_WEBHOOK in \S+ for it/,
    );
    const { global, receivers } = alertmanager();
    assert.deepEqual(global, { smtp_smarthost: 'mail.site:587', smtp_from: 'a@site', smtp_require_tls: true });
    assert.deepEqual(receivers, {
      nobody: [],
      test: ['b@site'],
      mail: ['b@site'],
      'on-call': ['b@site'],
      watchdog: [],
    });
    // A user has a password, which stands in a file of its own.
    writeFileSync(stack.path('.env'), `${env}${mail}\nALERT_SMTP_USER=robot@site\n`);
    assertSentence(
      await stack.bootstrap(),
      /ALERT_SMTP_USER is set in \S+, and its password is not: sh bootstrap\.sh set/,
    );
    assertSentence(await stack.bootstrap(['set', 'alert_smtp_password'], { input: '' }), /mail server is empty or has/);
    const given = await stack.bootstrap(['set', 'alert_smtp_password'], { input: 'short one\n' });
    assert.equal(given.status, 0, given.output);
    assert.match(
      given.output,
      /alert_smtp_password is what you gave. To let it count: docker compose restart alertmanager/,
    );
    const password = '/run/secrets/alert_smtp_password';
    assert.deepEqual(alertmanager().global, {
      ...global,
      smtp_auth_username: 'robot@site',
      smtp_auth_password_file: password,
    });
    assert.equal(stack.secret('alert_smtp_password'), 'short one');
    const own = stack.path('own.yml');
    writeFileSync(own, 'route: { receiver: mine }\nreceivers: [{ name: mine }]\n');
    assert.match(await setUp(`ALERT_FILE=${own}`), /^Ready: [^\n]*\n$/);
    assert.equal(stack.read('generated/alertmanager.yml'), readFileSync(own, 'utf8'));
    for (const [settings, sentence] of [
      ['ALERT_SMTP=mail.site:587\nALERT_FROM=a@site', /ALERT_SMTP is set in \S+, and ALERT_TO or ALERT_FROM is not/],
      ['ALERT_SMTP=mail.site:587\nALERT_TO=a@site', /ALERT_SMTP is set in \S+, and ALERT_TO or ALERT_FROM is not/],
      ['ALERT_SMTP=mail.site', /ALERT_SMTP in \S+ is mail\.site: give host:port/],
      [`${mail}\nALERT_SMTP_TLS=perhaps`, /ALERT_SMTP_TLS in \S+ is perhaps: give yes, or no/],
      ['ALERT_WEBHOOK=hook.site', /ALERT_WEBHOOK in \S+ is hook\.site: give an address/],
      ['ALERT_FILE=/nowhere', /ALERT_FILE in \S+ is \/nowhere, which cannot be read/],
    ] as const) {
      writeFileSync(stack.path('.env'), `${env}${settings}\n`);
      assertSentence(await stack.bootstrap(), sentence);
    }
  });

  it('rotates each secret, and no other; those that would lock out what is stored it refuses', async () => {
    await made();
    const names = readdirSync(stack.path('secrets')).filter((name) => /_(?:password|token|secret|key)$/.test(name));
    assert.equal(names.length, 14);
    for (const name of names) {
      const before = stack.files();
      const ended = await stack.bootstrap(['rotate', name]);
      if (KEPT.includes(name)) {
        assertSentence(ended, /encrypts what is stored|InfluxDB makes its tokens itself|mail server chooses this/);
        assert.deepEqual([...stack.files()], [...before]);
        continue;
      }
      assert.equal(ended.status, 0, ended.output);
      assert.match(ended.output, new RegExp(`${name} is another now. To let it count: docker compose `));
      const changed = [...stack.files()].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
      const expected = [`secrets/${name}`, ...(name.startsWith('mqtt_') ? ['secrets/mosquitto.passwd'] : [])];
      if (name === 'mqtt_health_password') expected.push('secrets/mosquitto_health');
      assert.deepEqual(changed.sort(), expected.sort());
    }
    const before = stack.files();
    assertSentence(await stack.bootstrap(['rotate', 'nothing']), /There is no secret named "nothing": name one of/);
    assertSentence(await stack.bootstrap(['rotate']), /There is no secret named "": name one of/);
    assertSentence(await stack.bootstrap(['destroy']), /destroy is no command/);
    assert.deepEqual([...stack.files()], [...before]);
    const authority = stack.read('generated/ca.crt');
    assert.equal((await stack.bootstrap(['rotate', 'ca'])).status, 0);
    assert.notEqual(stack.read('generated/ca.crt'), authority);
    const certificate = stack.read('secrets/mosquitto.crt');
    assert.equal((await stack.bootstrap(['rotate', 'certificate'])).status, 0);
    assert.notEqual(stack.read('secrets/mosquitto.crt'), certificate);
  });

  it('refuses weak secrets of a person, and takes a good one', async () => {
    await made();
    const before = stack.files();
    for (const [secret, why] of [
      ['admin\n', /weak: it has 5 characters, and 20 are the least/],
      ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n', /weak: it has only 1 different/],
      ['MyPassword-2026-is-long-enough\n', /weak: it has a word or row that everybody tries first/],
      ['two words are here and more to come\n', /has blanks, line breaks/],
      ['first-line-0123456789\nsecond-line\n', /has blanks, line breaks/],
      ['größer-als-zwanzig-zeichen-0815\n', /letters beyond ASCII/],
      ['', /is empty/],
    ] as const) {
      assertSentence(await stack.bootstrap(['set', 'grafana_admin_password'], { input: secret }), why);
      assert.deepEqual([...stack.files()], [...before], secret);
    }
    for (const odd of ['"', '\\', '$'])
      assertSentence(
        await stack.bootstrap(['set', 'mqtt_telegraf_password'], { input: `Correct-Horse${odd}Battery:42\n` }),
        /mqtt_telegraf_password has one of " \\ \$, which Telegraf does not take/,
      );
    writeFileSync(stack.path('secrets/node_red_password'), 'admin');
    assertSentence(
      await stack.bootstrap(),
      /The secret node_red_password is weak.*remove \S+node_red_password and run this again/,
    );
    rmSync(stack.path('secrets/node_red_password'));
    const good = 'Correct-Horse%Battery:Staple/42';
    const { status, output } = await stack.bootstrap(['set', 'grafana_admin_password'], { input: `${good}\n` });
    assert.equal(status, 0, output);
    assert.equal(stack.secret('grafana_admin_password'), good);
    assert.notEqual(stack.secret('node_red_password'), 'admin');
  });

  it('says in one sentence what is missing or in the way, and makes nothing by halves', async () => {
    assertSentence(await stack.bootstrap([], { env: { PATH: pathWith() } }), /openssl is missing: install it/);
    assertSentence(
      await stack.bootstrap([], { env: { PM500_COMPOSE_FOLDER: '/proc/stack' } }),
      /cannot be made: check its place and your rights/,
    );
    writeFileSync(stack.path('secrets'), '');
    assertSentence(await stack.bootstrap(), /secrets is in the way: it has to be a folder/);
    rmSync(stack.path('secrets'));
    assert.deepEqual([...stack.files().keys()], []);
    mkdirSync(stack.path('secrets/influx_admin_token'), { recursive: true });
    assertSentence(await stack.bootstrap(), /influx_admin_token is in the way: it has to be a file/);
    rmSync(stack.path('secrets/influx_admin_token'), { recursive: true });
    symlinkSync('/nowhere', stack.path('secrets/influx_admin_token'));
    assertSentence(await stack.bootstrap(), /influx_admin_token is in the way: it has to be a file/);
    rmSync(stack.path('secrets/influx_admin_token'));
    mkdirSync(stack.path('generated/mosquitto.conf'), { recursive: true });
    assertSentence(await stack.bootstrap(), /mosquitto\.conf is in the way/);
    rmSync(stack.path('generated/mosquitto.conf'), { recursive: true });
    assertWhole(stack);
    await made();
    const authority = stack.read('secrets/ca.key');
    rmSync(stack.path('secrets/ca.key'));
    assertSentence(
      await stack.bootstrap(),
      /ca\.key is missing while \S+ca\.crt is there: restore it from your backup/,
    );
    writeFileSync(stack.path('secrets/ca.key'), authority, { mode: 0o600 });
    writeFileSync(stack.path('secrets/influx_admin_token'), '');
    assertSentence(await stack.bootstrap(), /influx_admin_token is empty: remove the file/);
    rmSync(stack.path('secrets/influx_admin_token'));
    await made();
    for (const [wrong, sentence] of [
      ['MQTT_PORT=many', /MQTT_PORT in \S+ is no port/],
      ['ALERT_TO=a|b', /ALERT_TO in \S+ has a quote, a blank or one of/],
      ['TIME_ZONE=Europe/Atlantis', /TIME_ZONE in \S+ is Europe\/Atlantis, which is no time zone: give a name/],
      ['MQTT_NAMES=mqtt.site', /MQTT_NAMES in \S+ has mqtt\.site: give each as DNS:name or IP:address/],
      ['MQTT_NAMES=DNS:', /MQTT_NAMES in \S+ has DNS:: give each as DNS:name/],
      ['LISTEN=::1', /LISTEN in \S+ is ::1: give an address of IPv6 in brackets, \[::1\]/],
      [
        'ALERT_WEBHOOK=http://hook.site?key=1',
        /behind which no path can stand: give an address without a question mark/,
      ],
      ['TIME_ZONE=localtime', /TIME_ZONE in \S+ is localtime, which is no time zone: give a name/],
      ['NODE_RED_ADDRESS=a|b', /NODE_RED_ADDRESS in \S+ has a quote, a blank or one of/],
      ['PM500_UID=', /lacks PM500_UID and PM500_GID/],
      ['PM500_UID=1 2', /PM500_UID in \S+ has a quote, a blank or one of/],
    ] as const) {
      const settings = stack.read('.env');
      writeFileSync(stack.path('.env'), `${settings}${wrong}\n`);
      assertSentence(await stack.bootstrap(), sentence);
      writeFileSync(stack.path('.env'), settings);
    }
  });

  it('takes what is odd and right: addresses of IPv6, names with an underscore, several gateways', async () => {
    const env = {
      ALERT_SMTP: '[2001:db8::1]:587',
      ALERT_FROM: 'a@site',
      ALERT_TO: 'b@site,c@site',
      ALERT_WEBHOOK: 'http://[2001:db8::2]:9000/a',
      MQTT_NAMES: 'DNS:mqtt_1.site,IP:2001:db8::9',
      MQTT_LISTEN: '[::1]',
      NODE_RED_ADDRESS: 'edge-1:1880,[2001:db8::3]:1880',
    };
    const { status, output } = await stack.bootstrap([], { env });
    assert.equal(status, 0, output);
    const { global, receivers } = alertmanager();
    assert.deepEqual(global, { smtp_smarthost: env.ALERT_SMTP, smtp_from: 'a@site', smtp_require_tls: true });
    assert.deepEqual(receivers['mail'], ['b@site,c@site', `${env.ALERT_WEBHOOK}/mail`]);
    const { scrape_configs: scraped } = parse(stack.read('generated/scrape.yml')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    assert.deepEqual(scraped[0]?.static_configs[0]?.targets, ['edge-1:1880', '[2001:db8::3]:1880']);
    const certificate = ['x509', '-in', stack.path('secrets/mosquitto.crt'), '-noout', '-ext', 'subjectAltName'];
    const names = spawnSync('openssl', certificate, { encoding: 'utf8' }).stdout;
    assert.match(names, /DNS:mqtt_1\.site, IP Address:2001:DB8:0:0:0:0:0:9/);
  });

  it('keeps no secrets in a folder that npm takes away', async () => {
    const folder = join(temporaryFolder('npm'), 'node_modules/pm500/deploy/compose');
    mkdirSync(folder, { recursive: true });
    assertSentence(
      await stack.bootstrap([], { env: { PM500_COMPOSE_FOLDER: folder } }),
      /npm takes the whole of \S+ away at its next upgrade, with every secret: unpack the package elsewhere/,
    );
    assert.deepEqual(readdirSync(folder), []);
  });

  it('names the port that another program has', async () => {
    const server = createServer();
    const port = Number(stack.ports['GRAFANA_PORT']);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    assertSentence(
      await stack.bootstrap(),
      new RegExp(`Port ${port} is taken by another program: end it, or choose another GRAFANA_PORT`),
    );
    // Where only Node-RED and the broker run, the port of Grafana may be that of another program.
    const edge = await StackFolder.create();
    const { status, output } = await edge.bootstrap([], {
      env: { COMPOSE_PROFILES: 'edge', GRAFANA_PORT: String(port), NODE_RED_PORT: String(port) },
    });
    assertSentence({ status, signal: null, output }, new RegExp(`Port ${port} is taken.*choose another NODE_RED_PORT`));
    writeFileSync(edge.path('.env'), edge.read('.env').replace(/^NODE_RED_PORT=.*$/m, `NODE_RED_PORT=${port + 1}`));
    const other = await edge.bootstrap();
    assert.equal(other.status, 0, other.output);
    edge.remove();
    await new Promise((resolve) => server.close(resolve));
    await made();
  });

  it('what the environment says of the site stands in .env, the meter too', async () => {
    const said = { PM500_METER_HOST: '192.0.2.7', PM500_SITE: 'mill', TIME_ZONE: 'Europe/Berlin', ALERT_TO: 'b@site' };
    const { status, output } = await stack.bootstrap([], { env: said });
    assert.equal(status, 0, output);
    for (const [name, value] of Object.entries(said))
      assert.match(stack.read('.env'), new RegExp(`^${name}=${value}$`, 'm'));
    const settings = stack.read('.env').matchAll(/^([A-Z0-9_]+)=/gm);
    const script = readFileSync(join(ROOT, 'deploy/compose/bootstrap.sh'), 'utf8');
    for (const [, name = ''] of settings)
      if (!/^PM500_[UG]ID$/.test(name)) assert.ok(script.includes(`\n${name}=\${${name}:-`), name);
    assert.doesNotMatch(output, /stays as|authority/);
    // Later the file counts, and says so; so does an authority that ends before long.
    const authority = [
      'req',
      '-x509',
      '-new',
      '-key',
      stack.path('secrets/ca.key'),
      '-days',
      '170',
      '-subj',
      '/CN=old',
    ];
    assert.equal(spawnSync('openssl', [...authority, '-out', stack.path('generated/ca.crt')]).status, 0);
    // As an earlier version has written it, and a person has changed it: without what is new, and without its last end of line.
    const complete = stack.read('.env');
    const [, what = ''] = /^(#[^\n]*\nCOMPOSE_PROFILES=all\n)/m.exec(complete) ?? [];
    const earlier = complete
      .replace(what, '')
      .replace(/^ALERT_FILE=\n/m, '')
      .trimEnd();
    writeFileSync(stack.path('.env'), earlier);
    const again = await stack.bootstrap([], { env: { ...said, TIME_ZONE: 'Europe/Paris' } });
    assert.equal(stack.read('.env'), `${earlier}\n${what}ALERT_FILE=\n`);
    assert.equal(again.status, 0, again.output);
    assert.match(
      again.output,
      /^TIME_ZONE stays as \S+\.env says \(Europe\/Berlin\), whatever the environment says: change it there/m,
    );
    assert.match(
      again.output,
      /^The authority of the broker ends on .* GMT: make another by "bootstrap\.sh rotate ca"/m,
    );
    assert.equal(again.output.trim().split('\n').length, 4, again.output);
  });

  it('names a secret that it may not read, and whom the files belong to', async () => {
    const user = isRoot ? NOBODY : undefined;
    if (user !== undefined) chownSync(stack.folder, user, user);
    const as = user === undefined ? {} : { user };
    const { status, output } = await stack.bootstrap([], as);
    assert.equal(status, 0, output);
    const path = stack.path('secrets/grafana_admin_password');
    if (isRoot) chownSync(path, 0, 0);
    else chmodSync(path, 0);
    assertSentence(
      await stack.bootstrap([], as),
      /grafana_admin_password cannot be read: run this as its owner or as root/,
    );
    if (isRoot) chownSync(path, NOBODY, NOBODY);
    else chmodSync(path, 0o600);
    // Rights that somebody has widened are narrowed again.
    chmodSync(path, 0o644);
    assert.equal((await stack.bootstrap([], as)).status, 0);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    writeFileSync(stack.path('.env'), stack.read('.env').replace(/^PM500_UID=.*$/m, 'PM500_UID=4711'));
    if (!isRoot) assertSentence(await stack.bootstrap(), /belong to user 4711/);
    else assertSentence(await stack.bootstrap([], as), /belong to user 4711 \(\S+\): run this as that user or as root/);
  });

  it('a full volume costs a sentence; once there is room it goes on where it was', async () => {
    const place = join(temporaryFolder('full'), 'disk');
    const disk = makeSmallDisk(place, 256 * 1024);
    try {
      const full = await StackFolder.create(place);
      assert.equal((await full.bootstrap()).status, 0);
      const before = full.files();
      disk.fill(true);
      for (const what of ['grafana_admin_password', 'ca', 'certificate']) {
        const ended = await full.bootstrap(['rotate', what]);
        assertSentence(ended, /full|cannot be written|make room/);
        for (const [path, text] of before) assert.equal(full.files().get(path), text, `${what}: ${path}`);
      }
      disk.fill(false);
      assert.equal((await full.bootstrap(['rotate', 'grafana_admin_password'])).status, 0);
      assertWhole(full);
    } finally {
      disk.remove();
    }
  });

  it('killed at any moment it leaves nothing half made, keeps what it had, and the next run completes it', async () => {
    const counter = join(temporaryFolder('kills'), 'count');
    const real = findProgram('openssl');
    const wrapper = `#!/bin/sh
echo x >>"$COUNTER"
[ "$(wc -l <"$COUNTER")" -lt "$KILL_AT" ] || kill -9 0
exec ${real} "$@"
`;
    const PATH = pathWith(wrapper);
    await made();
    // One that was not killed says how many moments there are.
    const whole = await StackFolder.create();
    assert.equal((await whole.bootstrap([], { env: { PATH, COUNTER: counter, KILL_AT: '100000' } })).status, 0);
    whole.remove();
    const moments = readFileSync(counter, 'utf8').length / 2;
    assert.ok(moments > 30, String(moments));
    for (let moment = 1; moment <= moments; moment += 7) {
      const killed = await StackFolder.create();
      rmSync(counter);
      const env = { PATH, COUNTER: counter, KILL_AT: String(moment) };
      const { signal } = await killed.bootstrap([], { env, detached: true });
      assert.equal(signal, 'SIGKILL', `at ${moment}`);
      assertWhole(killed);
      const before = killed.files();
      const { status, output } = await killed.bootstrap();
      assert.equal(status, 0, `at ${moment}: ${output}`);
      const after = killed.files();
      for (const [path, text] of before) {
        if (/secrets\/(?:[a-z_]+_(?:password|token|secret|key))$/.test(path)) assert.equal(after.get(path), text, path);
      }
      assert.deepEqual(
        [...after.keys()].filter((path) => path.includes('.new')),
        [],
      );
      killed.remove();
    }
  });

  it('an authority that is killed while it is rotated is the old one or the new one, whole, after the next run', async () => {
    const counter = join(temporaryFolder('rotations'), 'count');
    const PATH = pathWith(`#!/bin/sh
echo x >>"$COUNTER"
[ "$(wc -l <"$COUNTER")" -lt "$KILL_AT" ] || kill -9 0
exec ${findProgram('openssl')} "$@"
`);
    // The key has its name, the certificate not yet: no call of openssl ends a run just there.
    await made();
    const old = stack.read('generated/ca.crt');
    assert.equal((await stack.bootstrap(['rotate', 'ca'])).status, 0);
    const renewed = stack.read('generated/ca.crt');
    writeFileSync(stack.path('generated/ca.crt.next'), renewed, { mode: 0o600 });
    writeFileSync(stack.path('generated/ca.crt'), old, { mode: 0o600 });
    await made();
    assert.equal(stack.read('generated/ca.crt'), renewed);
    // The certificate waits, and the key is still the old one.
    writeFileSync(stack.path('generated/ca.crt.next'), old, { mode: 0o600 });
    await made();
    assert.equal(stack.read('generated/ca.crt'), renewed);
    assert.ok(!existsSync(stack.path('generated/ca.crt.next')));
    let kills = 0;
    for (let moment = 1; ; moment += 13) {
      rmSync(counter, { force: true });
      const env = { PATH, COUNTER: counter, KILL_AT: String(moment) };
      const { signal, status } = await stack.bootstrap(['rotate', 'ca'], { env, detached: true });
      if (signal === null) {
        assert.equal(status, 0);
        break;
      }
      kills += 1;
      assertWhole(stack);
      for (const name of ['generated/ca.crt', 'secrets/ca.key', 'secrets/mosquitto.crt'])
        assert.ok(existsSync(stack.path(name)), `${name} at ${moment}`);
      await made();
    }
    assert.ok(kills > 1, String(kills));
  });

  it('is one of the scripts that shellcheck has nothing to say about', () => {
    const scripts = readdirSync(join(ROOT, 'deploy'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.sh') && !name.includes('node_modules'))
      .map((name) => join('deploy', name));
    const { status, stdout, stderr } = spawnSync('shellcheck', ['--external-sources', ...scripts], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
  });
});
