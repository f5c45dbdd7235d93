import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { DATABASE, TIERS } from '../../src/influx/tiers/plan';
import { Zone } from '../../src/domain/tariff/zone';
import { ROOT } from '../../testkit/root';

const FOLDER = join(ROOT, 'deploy/compose');

interface Service {
  readonly image: string;
  readonly build?: unknown;
  readonly user?: string;
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: unknown };
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly network_mode?: string;
  readonly mem_limit?: string;
  readonly cpus?: number;
  readonly pids_limit?: number;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const compose = (): ComposeFile =>
  parse(readFileSync(join(FOLDER, 'compose.yaml'), 'utf8'), { merge: true }) as ComposeFile;
const FILE = compose();
const SERVICES = Object.entries(FILE.services);
/** The one service that runs as root, and why: nobody else may give a folder away. */
const ROOT_SERVICE = 'volumes-setup';
/** Services that do one thing and end. */
const ONE_SHOT = ['volumes-setup', 'influxdb-setup'];

const schema = JSON.parse(read('test/vectors/compose-spec/compose-spec.json')) as Record<string, unknown>;
// The address of its own language is one that ajv knows without the s of https.
delete schema['$schema'];
const ajv = new Ajv({ strict: false, validateFormats: false });
const isComposeFile = ajv.compile(schema);

/** What the published schema of Compose files has against one; empty where it is valid. */
function complaints(candidate: unknown): string {
  return isComposeFile(candidate) ? '' : ajv.errorsText(isComposeFile.errors);
}

describe('laws of deploy/compose', () => {
  it('the file is what the published schema of Compose files takes, and that schema takes no mistakes', () => {
    assert.equal(complaints(FILE), '');
    const mistaken = structuredClone(FILE) as unknown as Record<string, Record<string, Record<string, unknown>>>;
    const node = mistaken['services']?.['node-red'];
    assert.ok(node);
    for (const [key, value] of [
      ['read_onyl', true],
      ['ports', 1880],
      ['healthcheck', { tests: [] }],
      ['depends_on', { mosquitto: { condition: 'service_helthy' } }],
    ] as const) {
      const before = node[key];
      node[key] = value;
      assert.notEqual(complaints(mistaken), '', key);
      if (before === undefined) Reflect.deleteProperty(node, key);
      else node[key] = before;
    }
    assert.equal(complaints(mistaken), '');
  });

  it('every image has a version, of Node-RED the one that is tested', () => {
    for (const [name, { image }] of SERVICES) assert.match(image, /^[\w./-]+:v?\d+\.\d+\.\d+(-[\w.]+)?$/, name);
    const manifest = JSON.parse(read('package.json')) as {
      version: string;
      devDependencies: Readonly<Record<string, string>>;
    };
    assert.equal(FILE.services['node-red']?.image, `pm500/node-red:${manifest.version}`);
    assert.equal(FILE.services['tier-status']?.image, `pm500/tier-status:${manifest.version}`);
    const tested = manifest.devDependencies['node-red']?.replace('~', '') ?? '';
    const bases = [...read('deploy/node-red/Dockerfile').matchAll(/^FROM nodered\/node-red:(\S+)/gm)];
    assert.deepEqual(
      bases.map(([, tag = '']) => tag.replace(/-\d+$/, '')),
      [tested, tested],
    );
  });

  it('images that are built have names of their own, for they are built side by side', () => {
    const built = SERVICES.filter(([, { build }]) => build !== undefined).map(([, { image }]) => image);
    assert.equal(built.length, 2);
    for (const image of built) assert.equal(SERVICES.filter(([, other]) => other.image === image).length, 1, image);
  });

  it('every service has limits, a read-only root, no capability and no way to more rights', () => {
    for (const [name, service] of SERVICES) {
      assert.ok(service.read_only, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      assert.match(service.mem_limit ?? '', /^\d+[mg]$/, name);
      assert.ok((service.cpus ?? 0) > 0 && (service.pids_limit ?? 0) > 0, name);
      if (name === ROOT_SERVICE) continue;
      assert.match(service.user ?? '', /^\$\{PM500_UID:\?.*\}:\$\{PM500_GID:\?.*\}$/, name);
      assert.equal(service.cap_add, undefined, name);
    }
    const root = FILE.services[ROOT_SERVICE];
    assert.deepEqual([root?.network_mode, root?.cap_add, root?.restart], ['none', ['CHOWN'], 'no']);
  });

  it('every service that goes on has a health check, and waits for those that it needs in each profile', () => {
    for (const [name, service] of SERVICES) {
      if (ONE_SHOT.includes(name)) assert.equal(service.healthcheck?.disable, true, name);
      else {
        assert.ok(Array.isArray(service.healthcheck?.test), name);
        assert.equal(service.restart, 'unless-stopped', name);
      }
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        const other = FILE.services[needed];
        const wanted = ONE_SHOT.includes(needed) ? 'service_completed_successfully' : 'service_healthy';
        assert.equal(condition, wanted, `${name}: ${needed}`);
        for (const profile of service.profiles ?? [])
          assert.ok(other?.profiles?.includes(profile), `${name} needs ${needed} in ${profile}`);
      }
    }
    assert.deepEqual([...new Set(SERVICES.flatMap(([, { profiles = [] }]) => profiles))].sort(), [
      'all',
      'edge',
      'historian',
    ]);
  });

  it('every port is one of this computer alone unless somebody says otherwise', () => {
    for (const [name, { ports = [], network_mode: mode }] of SERVICES) {
      for (const port of ports) assert.match(port, /^(?:127\.0\.0\.1|\$\{(?:MQTT_)?LISTEN:-127\.0\.0\.1\}):/, name);
      assert.notEqual(mode, 'host', name);
    }
  });

  it('no secret stands in the file: every one is a file that bootstrap.sh makes, and none has a default', () => {
    const script = read('deploy/compose/bootstrap.sh') + read('deploy/common/secrets.sh');
    for (const [name, { file }] of Object.entries(FILE.secrets)) {
      assert.equal(file.startsWith('secrets/'), true, name);
      assert.ok(script.includes(file.slice('secrets/'.length)), `bootstrap.sh makes no ${file}`);
    }
    for (const [name, { environment = {}, secrets = [] }] of SERVICES) {
      for (const [key, value] of Object.entries(environment)) {
        if (/PASSWORD|TOKEN|SECRET|_KEY/.test(key)) assert.match(key, /_FILE$/, `${name}: ${key}`);
        assert.doesNotMatch(value, /\$\{[^}]*(?:PASSWORD|TOKEN|SECRET)/, `${name}: ${key}`);
      }
      for (const secret of secrets)
        assert.ok(
          FILE.secrets[typeof secret === 'string' ? secret : secret.source],
          `${name}: ${JSON.stringify(secret)}`,
        );
    }
    const used = new Set(
      SERVICES.flatMap(([, { secrets = [] }]) =>
        secrets.map((each) => (typeof each === 'string' ? each : each.source)),
      ),
    );
    assert.deepEqual([...used].sort(), Object.keys(FILE.secrets).sort());
    for (const ignored of ['.env', 'secrets/', 'generated/'])
      assert.ok(read('.gitignore').includes(`deploy/compose/${ignored}`));
    for (const ignored of ['.env', 'secrets', 'generated']) {
      assert.ok((JSON.parse(read('package.json')) as { files: string[] }).files.includes(`!deploy/compose/${ignored}`));
      assert.ok(read('deploy/node-red/Dockerfile.dockerignore').includes(`deploy/compose/${ignored}\n`));
    }
  });

  it('no secret stands in an argument, in scripts and in what the pages tell people to type', () => {
    const scripts = readdirSync(join(ROOT, 'deploy'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.sh') && !name.includes('node_modules'))
      .map((name) => `deploy/${name}`);
    const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`);
    const argument =
      /--?(?:password|token|user|header|u|H)[ =]"?[^"\n]*\$(?:\(cat|\w*(?:password|token|secret)|\{\w*(?:password|token|secret))/i;
    assert.match('influx auth create --token "$(cat secrets/x)"', argument);
    assert.match('curl --header "Authorization: Bearer $token"', argument);
    for (const path of [...scripts, ...pages, 'deploy/compose/compose.yaml'])
      for (const line of read(path).split('\n')) assert.doesNotMatch(line, argument, path);
  });

  it('everything that is mounted is there, read-only, or a volume that somebody may write into', () => {
    const given = new Set((FILE.services[ROOT_SERVICE]?.volumes ?? []).map((volume) => volume.split(':')[0]));
    assert.deepEqual([...given].sort(), Object.keys(FILE.volumes).sort());
    for (const [name, { volumes = [] }] of SERVICES) {
      for (const volume of volumes) {
        const [source = '', , mode] = volume.split(':');
        if (!source.startsWith('.')) {
          assert.ok(given.has(source), `${name}: ${source}`);
          continue;
        }
        assert.equal(mode, 'ro', `${name}: ${volume}`);
        if (!source.startsWith('./generated/')) assert.ok(existsSync(join(FOLDER, source)), `${name}: ${source}`);
      }
    }
  });

  it('nothing is mounted into a folder that is mounted read-only and lacks it, for nothing could be put there', () => {
    for (const [name, { volumes = [], secrets = [] }] of SERVICES) {
      const targets = [
        ...volumes.map((volume) => volume.split(':')[1] ?? ''),
        ...secrets.map((secret) => (typeof secret === 'string' ? `/run/secrets/${secret}` : secret.target)),
      ];
      for (const volume of volumes) {
        const [source = '', folder = '', mode] = volume.split(':');
        if (mode !== 'ro' || source.startsWith('./generated/')) continue;
        for (const target of targets.filter((each) => each.startsWith(`${folder}/`)))
          assert.ok(existsSync(join(FOLDER, source, target.slice(folder.length))), `${name}: ${target}`);
      }
    }
  });

  it('InfluxDB is healthy only when it answers at the address of this stack, not at that of its setup', () => {
    assert.deepEqual(FILE.services['influxdb']?.healthcheck?.test, [
      'CMD',
      'influx',
      'ping',
      '--host',
      'http://127.0.0.1:8086',
    ]);
  });

  it('what InfluxDB may keep in memory of questions and new points leaves room in that of its container', () => {
    const { environment = {}, mem_limit: limit = '' } = FILE.services['influxdb'] ?? {};
    const bytes = (name: string): number =>
      Number(environment[`INFLUXD_${name}_BYTES`] ?? environment[`INFLUXD_${name}`]);
    const [most, each, first] = [bytes('QUERY_MAX_MEMORY'), bytes('QUERY_MEMORY'), bytes('QUERY_INITIAL_MEMORY')];
    assert.equal(limit, '2g');
    assert.ok(most + bytes('STORAGE_CACHE_MAX_MEMORY_SIZE') <= 2 ** 31 * 0.75);
    // Else the server does not start.
    assert.ok(first <= each && first * Number(environment['INFLUXD_QUERY_CONCURRENCY']) <= most);
  });

  it('a setting that is only read into generated/ starts its service again, by a label', () => {
    const labels = { mosquitto: ['MQTT_NAMES'], 'victoria-metrics': ['NODE_RED_ADDRESS'] };
    const told = [...read('deploy/compose/bootstrap.sh').matchAll(/^(ALERT_\w+)=/gm)].map(([, name = '']) => name);
    assert.equal(told.length, 8);
    for (const [name, settings] of Object.entries({ ...labels, alertmanager: told })) {
      const text = Object.values(FILE.services[name]?.labels ?? {}).join(' ');
      for (const setting of settings) assert.ok(text.includes(`\${${setting}:-}`), `${name}: ${setting}`);
    }
  });

  it('the names of this stack are all that its scrape file changes', () => {
    const shipped = parse(
      read('deploy/alerts/scrape.yml')
        .replace('127.0.0.1:1880', 'node-red:1880')
        .replace('/etc/pm500/metrics-token', '/run/secrets/node_red_metrics_token'),
    ) as unknown;
    assert.deepEqual(parse(read('deploy/compose/scrape.yml')), shipped);
  });

  it('the tiers that get an InfluxQL name are all tiers there are', () => {
    const [, tiers] = /^tiers='(.*)'$/m.exec(read('deploy/compose/influxdb-setup.sh')) ?? [];
    assert.deepEqual(
      tiers?.split(' '),
      TIERS.map(({ name }) => name),
    );
    assert.ok(read('deploy/compose/influxdb-setup.sh').includes(`--db ${DATABASE} `));
  });
});

describe('laws of deploy/systemd', () => {
  const units = readdirSync(join(ROOT, 'deploy/systemd')).map((name) => read(`deploy/systemd/${name}`));

  it('every folder of a service that a script or a page names is one that its unit makes', () => {
    const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
    // A page may have a unit of its own.
    const made = [...units, ...pages.map((name) => read(`docs/${name}`))].flatMap((text) =>
      [...text.matchAll(/^ *StateDirectory=(.*)$/gm)].map(([, name]) => name),
    );
    const scripts = readdirSync(join(ROOT, 'deploy/backup'));
    const named = [...pages.map((name) => `docs/${name}`), ...scripts.map((name) => `deploy/backup/${name}`)].flatMap(
      (path) => [...read(path).matchAll(/\/var\/lib\/(pm500[\w-]*)/g)].map(([, name = '']) => ({ path, name })),
    );
    for (const { path, name } of named) assert.ok(made.includes(name), `${path}: /var/lib/${name}`);
    for (const name of ['pm500-node-red', 'pm500-mosquitto'])
      assert.ok(read('deploy/backup/backup-files.sh').includes(`/var/lib/${name} `), name);
  });

  it('nothing starts or stops units by a pattern, which misses new ones and takes those that failed', () => {
    const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    );
    const texts = [...pages.map((name) => `docs/${name}`), 'deploy/debian/bootstrap.sh'];
    for (const path of texts) assert.doesNotMatch(read(path), /systemctl (?:re)?(?:start|stop)[^\n`]*pm500-\*/, path);
  });

  it('what runs each night has a time that no zone jumps over when its clocks are put forward', () => {
    const timers = units.flatMap((unit) => [...unit.matchAll(/^OnCalendar=\*-\*-\* (\d\d):(\d\d):00$/gm)]);
    assert.equal(timers.length, 2);
    // Of each hour at which somebody jumps, and of each jump that is no hour.
    const names =
      'Africa/Cairo America/Havana Atlantic/Azores Europe/London Antarctica/Troll Australia/Lord_Howe America/New_York';
    for (const name of `${names} Pacific/Chatham Europe/Athens Pacific/Easter America/Godthab`.split(' ')) {
      const zone = new Zone(name);
      for (const [, hour, minute] of timers)
        for (let day = 1; day <= 366; day += 1) {
          const local = Date.UTC(2028, 0, day, Number(hour), Number(minute));
          assert.equal(zone.localOf(zone.timeOf(local)), local, `${name}: ${new Date(local).toISOString()}`);
        }
    }
  });

  it('what runs once, at boot or in a night that is made up for, tries again where the database is not up yet', () => {
    for (const unit of units.filter((each) => each.includes('Type=oneshot') && !each.includes('tier-status.sh'))) {
      assert.match(unit, /^Restart=on-failure$/m);
      assert.match(unit, /^StartLimitIntervalSec=2h\nStartLimitBurst=4$/m);
    }
  });

  it('every file of the package that a unit runs is there', () => {
    const run = units.flatMap((unit) => [...unit.matchAll(/@pm500\/node-red-powermonitor\/(\S+)/g)]);
    assert.ok(run.length > 10);
    for (const [, path = ''] of run) assert.ok(existsSync(join(ROOT, path)), path);
  });
});

describe('laws of deploy/node-red', () => {
  it('the image has no flow of its own in /data, which a new volume would take in place of the reference flow', () => {
    assert.match(read('deploy/node-red/Dockerfile'), /rm -rf .*\/data\/flows\.json$/m);
  });

  it('a folder that the image gets with a mode can be entered by whoever Node-RED runs as', () => {
    const modes = [...read('deploy/node-red/Dockerfile').matchAll(/^COPY --chmod=(\d+) .*\/$/gm)].map(
      ([, mode]) => mode,
    );
    assert.deepEqual(modes, ['755']);
  });

  it('days and months of KPIs are those of the site: the flow, the settings and the containers name one zone', () => {
    const flow = JSON.parse(read('deploy/node-red/flows.json')) as { kpis?: string[]; timeZone?: string }[];
    const ofPeriods = flow.filter(({ kpis = [] }) => kpis.includes('energy'));
    assert.ok(ofPeriods.length > 0);
    for (const { timeZone } of ofPeriods) assert.equal(timeZone, '${TIME_ZONE}');
    for (const name of ['node-red', 'influxdb-setup', 'tier-status'])
      assert.equal(FILE.services[name]?.environment?.['TIME_ZONE'], '${TIME_ZONE:-UTC}', name);
  });

  it('the flow has no credential; those beside it are names of the environment, which the settings set', () => {
    const settings = read('deploy/node-red/settings.js');
    const credentials = JSON.parse(read('deploy/node-red/flows_cred.json')) as Record<string, Record<string, string>>;
    for (const value of Object.values(credentials).flatMap((each) => Object.values(each)))
      assert.match(value, /^\$\{PM500_[A-Z_]+\}$/);
    const flow = read('deploy/node-red/flows.json');
    for (const node of JSON.parse(flow) as object[]) assert.ok(!('credentials' in node) && !('password' in node));
    for (const [, name = ''] of (flow + JSON.stringify(credentials)).matchAll(/\$\{(\w+)\}/g))
      assert.match(settings, new RegExp(`\\b${name}\\b`));
  });
});
