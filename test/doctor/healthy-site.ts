import { createCipheriv, createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseAttestations } from '../../src/doctor/attestations';
import { DOCTOR_CHECKS } from '../../src/doctor/checks';
import { examine, type DoctorReport } from '../../src/doctor/examine';
import type { BrokerFacts, HostFacts, NodeRedSettings, SiteFacts } from '../../src/doctor/facts';
import { seen } from '../../src/doctor/looked';
import { gatherFacts, type DoctorPlaces, type DoctorSources } from '../../src/doctor/readers/gather';
import { PM500 } from '../../src/meters/pm500';
import { systemClock } from '../../src/support/clock';
import { packageVersion } from '../../src/support/package-version';
import { ROOT } from '../../testkit/root';
import { temporaryFolder } from '../../testkit/temporary-folder';

const SECRET = 'a key of twenty and more characters';
/** Credentials of the nodes, which no output may ever hold. */
export const TOKEN = 'h4rd-to-guess-0815-token';

export type FlowEntry = Record<string, unknown>;

const day = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString();
const stamp = (daysAgo: number): string => day(daysAgo).replaceAll(/[-:]|\.\d+/g, '');

const UNIT = `[Unit]
Description=Node-RED
After=network-online.target

[Service]
DynamicUser=yes
ExecStart=/usr/bin/node-red
Restart=on-failure
MemoryMax=1G
UMask=0077

[Install]
WantedBy=multi-user.target
`;

/** A user directory with the flows of the demo, all as it should be; everything can be spoiled. */
export class HealthySite {
  /** The key of the credentials. */
  readonly secret = SECRET;
  readonly folder = temporaryFolder('doctor');
  readonly userDirectory = join(this.folder, 'node-red');
  readonly unitFile = join(this.folder, 'systemd', 'pm500-node-red.service');
  readonly brokerFile = join(this.folder, 'mosquitto.conf');
  flows: FlowEntry[] = JSON.parse(readFileSync(join(ROOT, 'flows/first-meter.json'), 'utf8')) as FlowEntry[];
  secrets: Record<string, Record<string, string>> = { 'first-meter-influx': { token: TOKEN } };
  types: Record<string, readonly string[]> = {
    'node-red': ['inject', 'debug', 'comment', 'tls-config', 'mqtt-broker', 'http in', 'http response'],
    '@pm500/node-red-powermonitor': [
      ...['pm500-meter', 'pm500-poll', 'pm500-normalize', 'sparkplug-edge', 'sparkplug-out', 'influx-target'],
      ...['influx-out', 'iot-target', 'iot-out', 'pm500-sim'],
    ],
  };
  disabled: readonly string[] = [];
  nodeRed = '4.1.8';
  own = packageVersion();
  isEncrypted = true;
  unit = UNIT;
  /** Changes files after all are written. */
  spoilFiles: () => void = () => undefined;
  settings: NodeRedSettings = {
    uiHost: '127.0.0.1',
    uiPort: 1880,
    hasHttps: false,
    hasAdminAuth: true,
    anonymousPermissions: '',
    hasHttpNodeAuth: false,
    hasHttpNodes: true,
    credentialSecret: 'own',
    credentialSecretLength: SECRET.length,
    allowsInstall: false,
    logLevel: 'info',
  };
  host: HostFacts = {
    nodeVersion: '22.20.0',
    timeZone: 'Europe/Berlin',
    disk: seen({ path: '/', sizeBytes: 100e9, freeBytes: 60e9, files: 1e6, freeFiles: 9e5 }),
    memory: seen({ totalBytes: 4e9, availableBytes: 2e9 }),
    isClockSynchronized: seen(true),
    openFiles: seen(65_536),
  };
  attested = DOCTOR_CHECKS.filter(({ area }) => area === 'people').map(({ id }) => ({
    id,
    name: 'J. Doe',
    date: day(30).slice(0, 10),
  }));

  constructor() {
    const settings = { uiHost: '127.0.0.1', adminAuth: { type: 'credentials', users: [] }, credentialSecret: SECRET };
    this.write('node-red/settings.js', `module.exports = ${JSON.stringify(settings)};\n`);
    this.write('node-red/pm500/.keep', '');
    this.write('mosquitto.conf', 'listener 1883\npersistence true\nallow_anonymous false\n');
    this.write(`backups/${stamp(1)}-files.tar.gz`, 'x');
    this.write(`backups/${stamp(2)}/manifest`, 'x');
    this.write('systemd/multi-user.target.wants/pm500-node-red.service', '');
    chmodSync(this.userDirectory, 0o755);
  }

  /** Writes a file below the folder of the site, for its owner only. */
  write(path: string, text: string, mode = 0o600): string {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
    writeFileSync(file, text, { mode });
    chmodSync(file, mode);
    return file;
  }

  /** The node of the flows with this id, to be changed. */
  node(id: string): FlowEntry {
    const found = this.flows.find((entry) => entry['id'] === id);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  /** Puts a meter of the site in the place of the simulated one. */
  useRealMeter(): FlowEntry {
    this.flows = this.flows.filter(({ type }) => type !== 'pm500-sim');
    const names = { name: 'press-1', site: 'hamburg', area: 'hall-2', line: 'line-7', asset: 'press' };
    Object.assign(this.node('first-meter-edge'), { groupId: 'hamburg' });
    Object.assign(this.node('first-meter-normalize-realtime'), { ratedAmperes: 400 });
    Object.assign(this.node('first-meter-normalize-energy'), { contractKw: 300 });
    return Object.assign(this.node('first-meter-meter'), { ...names, host: '10.0.0.5', layoutConfirmed: true });
  }

  /** Writes flows, credentials and what Node-RED remembers. */
  save(): void {
    this.write('systemd/pm500-node-red.service', this.unit);
    this.write('node-red/flows.json', JSON.stringify(this.flows));
    const text = JSON.stringify(this.secrets);
    const iv = Buffer.alloc(16, 7);
    const cipher = createCipheriv('aes-256-ctr', createHash('sha256').update(SECRET).digest(), iv);
    const encrypted = `${iv.toString('hex')}${cipher.update(text, 'utf8', 'base64')}${cipher.final('base64')}`;
    this.write('node-red/flows_cred.json', this.isEncrypted ? JSON.stringify({ $: encrypted }) : text);
    const modules = Object.entries(this.types).map(([name, types]) => {
      const version = name === 'node-red' ? this.nodeRed : this.own;
      const sets = types.map((type) => [type, { name: type, types: [type], enabled: !this.disabled.includes(type) }]);
      return [name, { name, version, nodes: Object.fromEntries(sets) as unknown }];
    });
    this.write('node-red/.config.nodes.json', JSON.stringify(Object.fromEntries(modules)));
    this.spoilFiles();
  }

  private brokerFacts(): BrokerFacts[] {
    return [{ id: 'first-meter-edge', server: '127.0.0.1:1883', isRefused: false, takesAnybody: true }];
  }

  /** What is gathered, with answers of servers and meters as they should be. */
  async facts(secret = SECRET): Promise<SiteFacts> {
    this.save();
    const places: DoctorPlaces = {
      userDirectory: this.userDirectory,
      settingsFile: '',
      flowFile: '',
      unitFile: this.unitFile,
      brokerFile: this.brokerFile,
      backups: { files: [join(this.folder, 'backups')], database: [join(this.folder, 'backups')] },
    };
    const loaded = { settings: this.settings, flowFile: 'flows.json', credentialSecret: secret, environment: {} };
    const sources: DoctorSources = {
      model: PM500,
      packageVersion: packageVersion(),
      ownUser: process.getuid?.() ?? 0,
      clock: systemClock,
      env: {},
      loadSettings: () => Promise.resolve(seen(loaded)),
      readHost: () => Promise.resolve(this.host),
      tryBroker: () => () => Promise.reject(new Error('not asked')),
      lookAtCertificate: () => Promise.reject(new Error('not asked')),
      tryMeter: () => () => Promise.reject(new Error('not asked')),
      asksOthers: false,
    };
    const facts = await gatherFacts(places, sources);
    const known = 'seen' in facts.site ? facts.site.seen.meters : [];
    return {
      ...facts,
      backups:
        'seen' in facts.backups
          ? seen(facts.backups.seen.map((each) => ({ ...each, isElsewhere: true })))
          : facts.backups,
      brokers: seen(this.brokerFacts()),
      databases: seen([{ id: 'first-meter-influx', server: '127.0.0.1:8086', isRefused: false, clockAheadMs: 200 }]),
      meters: seen(
        known.map((meter) => ({
          address: meter.address,
          name: meter.choice.name,
          test: seen({ where: meter.address, notes: [] }),
        })),
      ),
    };
  }

  examine(facts: SiteFacts): DoctorReport {
    const ids = DOCTOR_CHECKS.map(({ id }) => id);
    return examine(DOCTOR_CHECKS, facts, parseAttestations(JSON.stringify(this.attested), 'attested.json', ids));
  }
}
