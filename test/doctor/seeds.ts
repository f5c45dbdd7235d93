import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type {
  BrokerFacts,
  CertificateFile,
  DatabaseFacts,
  HostFacts,
  NodeRedSettings,
  OutboxFolder,
  SiteFacts,
  UnwritableFolder,
} from '../../src/doctor/facts';
import { broken, LOOK_WORDS, seen } from '../../src/doctor/looked';
import { CAUSE_REMEDIES, CAUSE_SENTENCES } from '../../src/domain/causes/diagnose';
import { Pm500Error, type ErrorCode } from '../../src/support/errors';
import type { Sentence } from '../../src/support/sentence';
import { TOKEN, type FlowEntry, type HealthySite } from './healthy-site';

/** One thing that is wrong with a site that is healthy otherwise. */
export interface Seed {
  /** The check that has to find it, and no other. */
  readonly id: string;
  readonly what: string;
  /** Spoils files and settings before anything is looked at. */
  readonly spoil?: (site: HealthySite) => void;
  /** Spoils what servers, meters and the computer say. */
  readonly facts?: (facts: SiteFacts) => Partial<SiteFacts>;
}

const MS_PER_DAY = 86_400_000;

/** What was thrown with this code. */
const said = (code: ErrorCode): Sentence => new Pm500Error(code, 'It cannot be reached.').sentence;

const host = (change: Partial<HostFacts>) => (site: HealthySite) => {
  site.host = { ...site.host, ...change };
};
const disk = (change: object) => (site: HealthySite) => {
  const good = { path: '/', sizeBytes: 100e9, freeBytes: 60e9, files: 1e6, freeFiles: 9e5 };
  site.host = { ...site.host, disk: seen({ ...good, ...change }) };
};
const notWritable =
  (folder: Omit<UnwritableFolder, 'path'>) =>
  ({ directory }: SiteFacts): Partial<SiteFacts> =>
    'seen' in directory
      ? { directory: seen({ ...directory.seen, unwritable: [{ path: '/node-red/pm500/outbox', ...folder }] }) }
      : {};
const settings = (change: Partial<NodeRedSettings>) => (site: HealthySite) => {
  site.settings = { ...site.settings, ...change };
};
const unit = (from: string, to: string) => (site: HealthySite) => {
  if (!site.unit.includes(from)) throw new Error(`the unit has no ${from}`);
  site.unit = site.unit.replace(from, to);
};
const node = (id: string, change: FlowEntry) => (site: HealthySite) => {
  Object.assign(site.node(`first-meter-${id}`), change);
};
const real = (change: FlowEntry) => (site: HealthySite) => {
  Object.assign(site.useRealMeter(), change);
};
const file = (path: string, text: string, mode?: number) => (site: HealthySite) => {
  site.write(path, text, mode);
};
const broker = (change: Partial<BrokerFacts>) => (): Partial<SiteFacts> => ({
  brokers: seen([
    { id: 'first-meter-edge', server: '10.0.0.9:8883', isRefused: false, takesAnybody: false, ...change },
  ]),
});
const database = (change: Partial<DatabaseFacts>) => (): Partial<SiteFacts> => ({
  databases: seen([{ id: 'first-meter-influx', server: '10.0.0.8:8086', isRefused: false, ...change }]),
});
const certificate =
  (change: (nowMs: number) => Partial<CertificateFile>) =>
  (facts: SiteFacts): Partial<SiteFacts> => {
    const { nowMs } = facts;
    const good = {
      path: '/tls/edge.crt',
      of: '"tls"',
      part: 'certificate',
      validFromMs: 0,
      validToMs: nowMs + 90 * MS_PER_DAY,
    } as const;
    return { certificates: seen([{ ...good, ...change(nowMs) }]) };
  };
const outbox =
  (change: (facts: SiteFacts) => Partial<OutboxFolder>) =>
  (facts: SiteFacts): Partial<SiteFacts> => {
    const good = {
      id: 'first-meter-influx',
      path: '/outbox/first-meter-influx',
      bytes: 0,
      waiting: 0,
      owners: ['process 7'],
    };
    return { outboxes: seen([{ ...good, ...change(facts) }]) };
  };

/** Another meter of the site, read by the poll node of the first one's real-time values. */
function addMeter(site: HealthySite, change: FlowEntry): void {
  const first = site.useRealMeter();
  site.flows.push({ ...first, id: 'second', name: 'press-2', host: '10.0.0.6', ...change });
  site.flows.push({ ...site.node('first-meter-poll-slow'), id: 'second-poll', meter: 'second' });
}

/** Every check of the machine, with what it has to find. */
export const SEEDS: readonly Seed[] = [
  { id: 'node-version', what: 'Node.js 18', spoil: host({ nodeVersion: '18.20.4' }) },
  {
    id: 'node-maintained',
    what: 'a line of Node.js that ended two years ago',
    facts: () => ({ nowMs: Date.parse('2028-06-01'), credentials: seen(undefined), backups: seen([]) }),
    spoil: (site) => {
      site.attested = site.attested.map((entry) => ({ ...entry, date: '2028-05-01' }));
      site.host = { ...site.host, nodeVersion: '22.20.0' };
    },
  },
  { id: 'disk-space', what: '10 % free', spoil: disk({ freeBytes: 10e9 }) },
  { id: 'disk-full', what: '1 GB of 100 free', spoil: disk({ freeBytes: 1.5e9 }) },
  { id: 'disk-files', what: 'no inode left', spoil: disk({ freeFiles: 10 }) },
  { id: 'memory', what: '50 MB available', spoil: host({ memory: seen({ totalBytes: 4e9, availableBytes: 5e7 }) }) },
  { id: 'clock-synchronized', what: 'no NTP', spoil: host({ isClockSynchronized: seen(false) }) },
  {
    id: 'clock-plausible',
    what: 'a clock a day behind its files',
    facts: ({ nowMs }) => ({ nowMs: nowMs - MS_PER_DAY }),
  },
  { id: 'time-zone', what: 'periods by UTC', spoil: host({ timeZone: 'Etc/UTC' }) },
  { id: 'open-files', what: 'ulimit -n 256', spoil: host({ openFiles: seen(256) }) },

  { id: 'service-restart', what: 'no Restart=', spoil: unit('Restart=on-failure\n', '') },
  {
    id: 'service-enabled',
    what: 'a unit that is not enabled',
    facts: ({ unit: found }) => ('seen' in found ? { unit: seen({ ...found.seen, isEnabled: false }) } : {}),
  },
  { id: 'service-user', what: 'root', spoil: unit('DynamicUser=yes\n', '') },
  { id: 'service-open-files', what: 'LimitNOFILE=256', spoil: unit('UMask', 'LimitNOFILE=256\nUMask') },
  { id: 'service-memory', what: 'no MemoryMax=', spoil: unit('MemoryMax=1G\n', '') },
  {
    id: 'service-heap',
    what: 'a heap as large as the memory',
    spoil: unit('node-red\n', 'node-red --max-old-space-size=1024\n'),
  },
  { id: 'service-umask', what: 'UMask=0022', spoil: unit('UMask=0077', 'UMask=0022') },
  { id: 'service-network', what: 'no After=', spoil: unit('After=network-online.target\n', '') },

  {
    id: 'flows-readable',
    what: 'flows without a meter',
    spoil: (site) => {
      site.flows = [{ id: 'tab', type: 'tab', label: 'empty' }];
    },
    facts: () => ({ meters: seen([]) }),
  },
  {
    id: 'settings-readable',
    what: 'a settings.js that is no program',
    facts: () => ({ settings: broken(LOOK_WORDS.say('notRun', { path: 'settings.js', why: 'SyntaxError' })) }),
  },
  {
    id: 'node-red-version',
    what: 'Node-RED 3',
    spoil: (site) => {
      site.nodeRed = '3.1.9';
    },
  },
  {
    id: 'node-red-tested',
    what: 'Node-RED 6',
    spoil: (site) => {
      site.nodeRed = '6.0.1';
    },
  },
  {
    id: 'package-version',
    what: 'another version of the package running',
    spoil: (site) => {
      site.own = '0.0.9';
    },
  },
  {
    id: 'nodes-installed',
    what: 'a node of a module that is not there',
    spoil: (site) => {
      site.flows.push({ id: 'strange', type: 's7 in', z: 'first-meter', wires: [] });
    },
  },
  {
    id: 'nodes-enabled',
    what: 'influx-out switched off in the palette',
    spoil: (site) => {
      site.disabled = ['influx-out'];
    },
  },
  {
    id: 'settings-accepted',
    what: 'a stale time of a million seconds',
    spoil: node('sparkplug-out', { diagnosticsSeconds: 1e6 }),
  },
  { id: 'variables-set', what: 'a variable that nobody set', spoil: node('influx', { org: '${NO_SUCH_ORG}' }) },
  { id: 'references', what: 'a target that was deleted', spoil: node('influx-out', { target: 'gone' }) },
  {
    id: 'user-directory-mode',
    what: 'a user directory that everybody writes to',
    spoil: (site) => {
      chmodSync(site.userDirectory, 0o777);
    },
  },
  {
    id: 'user-directory-writable',
    what: 'a disk that went read-only',
    facts: notWritable({ owner: 0, isReadOnly: true }),
  },
  {
    id: 'deployments-saved',
    what: 'a user directory that takes no files, beside a pm500 that does',
    facts: ({ directory }) => {
      if (!('seen' in directory)) return {};
      const { path, access } = directory.seen;
      const ownFiles = [{ ...access, path: join(path, 'pm500') }];
      return { directory: seen({ ...directory.seen, ownFiles, unwritable: [{ path, owner: 0, isReadOnly: true }] }) };
    },
  },
  {
    id: 'user-directory-owner',
    what: 'a state that root left',
    facts: ({ directory }) =>
      'seen' in directory
        ? {
            directory: seen({
              ...directory.seen,
              access: { ...directory.seen.access, owner: 1000 },
              secretFiles: [],
              ownFiles: [{ path: '/pm500/state.json', mode: 0o600, owner: 0 }],
            }),
          }
        : {},
  },
  { id: 'secrets-readable', what: 'settings.js for everybody', spoil: file('node-red/settings.js', 'x', 0o644) },
  { id: 'states-whole', what: 'a damaged state', spoil: file('node-red/pm500/normalize.json.damaged-1', 'x') },

  { id: 'admin-auth', what: 'no adminAuth', spoil: settings({ hasAdminAuth: false }) },
  { id: 'admin-anonymous', what: 'everything without a login', spoil: settings({ anonymousPermissions: '*' }) },
  {
    id: 'http-node-auth',
    what: 'a page without a login',
    spoil: (site) => {
      site.flows.push({ id: 'page', type: 'http in', z: 'first-meter', url: '/state', wires: [[]] });
    },
  },
  {
    id: 'credential-secret',
    what: 'no credentialSecret',
    spoil: settings({ credentialSecret: 'generated', credentialSecretLength: 0 }),
  },
  { id: 'credential-secret-long', what: 'a secret of six characters', spoil: settings({ credentialSecretLength: 6 }) },
  {
    id: 'credentials-encrypted',
    what: 'credentials in plain text',
    spoil: (site) => {
      site.isEncrypted = false;
    },
  },
  { id: 'editor-https', what: 'the editor on the network without TLS', spoil: settings({ uiHost: '' }) },
  { id: 'palette-install', what: 'installing from the editor', spoil: settings({ allowsInstall: true }) },
  { id: 'log-level', what: 'trace', spoil: settings({ logLevel: 'trace' }) },
  {
    id: 'default-password',
    what: 'the token of the InfluxDB image',
    spoil: (site) => {
      site.secrets = { 'first-meter-influx': { token: 'my-super-secret-auth-token' } };
    },
  },
  { id: 'token-plain-http', what: 'a token over plain HTTP', spoil: node('influx', { url: 'http://10.0.0.8:8086' }) },
  {
    id: 'password-plain-mqtt',
    what: 'a password without TLS',
    spoil: (site) => {
      node('edge', { host: '10.0.0.9' })(site);
      site.secrets = { ...site.secrets, 'first-meter-edge': { username: 'edge', password: TOKEN } };
    },
  },
  {
    id: 'tls-verified',
    what: 'certificates that nobody verifies',
    spoil: (site) => {
      site.flows.push({ id: 'tls', type: 'tls-config', name: 'tls', verifyservercert: false });
    },
  },
  { id: 'secrets-in-flows', what: 'a login in a URL', spoil: node('voltage', { url: 'mqtt://user:word@10.0.0.9' }) },

  {
    id: 'certificate-readable',
    what: 'a certificate that is not there',
    facts: certificate(() => ({ problem: 'ENOENT' })),
  },
  {
    id: 'certificate-expired',
    what: 'a certificate of yesterday',
    facts: certificate((now) => ({ validToMs: now - MS_PER_DAY })),
  },
  {
    id: 'certificate-expires-soon',
    what: '20 days left',
    facts: certificate((now) => ({ validToMs: now + 20 * MS_PER_DAY })),
  },
  {
    id: 'certificate-not-yet',
    what: 'a certificate of tomorrow',
    facts: certificate((now) => ({ validFromMs: now + MS_PER_DAY })),
  },
  { id: 'certificate-pair', what: 'the key of another', facts: certificate(() => ({ fitsKey: false })) },
  { id: 'key-readable', what: 'a key for everybody', facts: certificate(() => ({ part: 'key', mode: 0o644 })) },
  {
    id: 'server-certificate-expired',
    what: 'a broker with a certificate of yesterday',
    facts: ({ nowMs }) => broker({ certificateEndMs: nowMs - MS_PER_DAY })(),
  },
  {
    id: 'server-certificate-expires-soon',
    what: 'a database whose certificate has 20 days',
    facts: ({ nowMs }) => database({ certificateEndMs: nowMs + 20 * MS_PER_DAY })(),
  },

  { id: 'outbox-on-disk', what: 'an outbox in memory', spoil: node('influx', { outbox: 'memory' }) },
  { id: 'outbox-one-process', what: 'two processes', facts: outbox(() => ({ owners: ['process 7', 'process 8'] })) },
  { id: 'outbox-running', what: 'no process', facts: outbox(() => ({ owners: [] })) },
  { id: 'outbox-orphan', what: 'records of a removed node', facts: outbox(() => ({ id: 'gone', waiting: 12 })) },
  {
    id: 'outbox-waiting',
    what: 'a database that is away for a day',
    facts: outbox(({ nowMs }) => ({ waiting: 12, oldestMs: nowMs - MS_PER_DAY })),
  },
  { id: 'outbox-near-limit', what: '900 of 1000 MB', facts: outbox(() => ({ bytes: 9e8 })) },
  { id: 'outbox-outage', what: 'an outbox of 50 MB', spoil: node('influx', { maximumMegabytes: 50 }) },
  { id: 'outbox-age', what: 'records that wait for a day', spoil: node('influx', { maximumAgeHours: 24 }) },
  { id: 'outbox-fits-disk', what: 'an outbox of 90 GB', spoil: node('influx', { maximumMegabytes: 90_000 }) },
  {
    id: 'dead-letters',
    what: 'refused lines',
    spoil: file('node-red/pm500/refused/first-meter-influx.lp', '# why\nx v=1\n'),
  },
  {
    id: 'backup-files',
    what: 'no backup of files for 8 days',
    facts: ({ nowMs, backups }) => withBackup(backups, 'files', nowMs - 8.5 * MS_PER_DAY),
  },
  {
    id: 'backup-database',
    what: 'no backup of the database at all',
    facts: ({ backups }) => withBackup(backups, 'database'),
  },
  {
    id: 'backup-elsewhere',
    what: 'backups on the same disk',
    facts: ({ backups }) =>
      'seen' in backups ? { backups: seen(backups.seen.map((each) => ({ ...each, isElsewhere: false }))) } : {},
  },

  { id: 'broker-reachable', what: 'a broker that is away', facts: broker({ problem: said('MQTT_UNREACHABLE') }) },
  {
    id: 'broker-login',
    what: 'a broker that refuses',
    facts: broker({ problem: said('MQTT_REFUSED'), isRefused: true }),
  },
  { id: 'broker-anonymous', what: 'a broker for everybody', facts: broker({ takesAnybody: true }) },
  {
    id: 'broker-persistent',
    what: 'a broker without persistence',
    spoil: file('mosquitto.conf', 'listener 1883\n# persistence true\n'),
  },
  {
    id: 'edge-identity',
    what: 'two edge nodes with one identity',
    spoil: (site) => {
      site.flows.push({ ...site.node('first-meter-edge'), id: 'edge-2', name: 'Other broker' });
    },
  },
  {
    id: 'edge-duplicates-watched',
    what: 'nobody notices a second edge node',
    spoil: node('edge', { detectDuplicates: false }),
  },
  {
    id: 'client-identity',
    what: 'two clients with one ID',
    spoil: (site) => {
      Object.assign(site.node('first-meter-edge'), { clientId: 'plant' });
      site.flows.push({ id: 'iot', type: 'iot-target', name: 'JSON', host: '127.0.0.1', clientId: 'plant' });
    },
  },
  {
    id: 'database-reachable',
    what: 'a database that is away',
    facts: database({ problem: said('INFLUX_UNREACHABLE') }),
  },
  {
    id: 'database-login',
    what: 'an expired token',
    facts: database({ problem: said('INFLUX_REFUSED'), isRefused: true }),
  },
  { id: 'database-anonymous', what: 'a database for everybody', facts: database({ takesAnybody: true }) },
  { id: 'clock-servers', what: 'a server 90 s ahead', facts: database({ clockAheadMs: 90_000 }) },
  {
    id: 'tiers-behind',
    what: 'a tier that is behind',
    facts: database({
      tiers: seen({
        tiers: [{ tier: 'day', behindMs: 9e7, isBehind: true }],
        missingQueries: [],
        madeBy: 'queries',
      }),
    }),
  },
  {
    id: 'tier-queries',
    what: 'a continuous query that is missing',
    facts: database({
      tiers: seen({ tiers: [], missingQueries: ['powermonitor_500_1m'], madeBy: 'queries' }),
    }),
  },

  {
    id: 'meter-answers',
    what: 'a meter that does not answer',
    facts: () => {
      const about = { where: '10.0.0.5:44818' };
      const [sentence, remedy] = [CAUSE_SENTENCES.say('NO_ROUTE', about), CAUSE_REMEDIES.say('NO_ROUTE', about)];
      const cause = { code: 'NO_ROUTE', sentence, remedy };
      return {
        meters: seen([
          { address: '10.0.0.5:44818', name: 'press-1', test: seen({ where: '10.0.0.5:44818', notes: [], cause }) },
        ]),
      } as Partial<SiteFacts>;
    },
  },
  {
    id: 'meter-settings',
    what: 'a layout file that is not there',
    spoil: node('meter', { layoutFile: '/no/such/layout.json' }),
  },
  { id: 'meter-layout-confirmed', what: 'an unconfirmed layout', spoil: real({ layoutConfirmed: false }) },
  {
    id: 'meter-rpi',
    what: 'a frame every 20 ms',
    spoil: real({ transport: 'listen-only', sharedWithPlc: true, rpiMs: 20 }),
  },
  { id: 'meter-interval', what: 'a read every 50 ms', spoil: node('poll-status', { intervalMs: 50 }) },
  { id: 'meter-limits', what: 'a limit of 5 s', spoil: node('meter', { minimumIntervalMs: 5000 }) },
  {
    id: 'meter-once',
    what: 'one meter under two names',
    spoil: (site) => {
      addMeter(site, { host: '10.0.0.5' });
    },
  },
  {
    id: 'meter-names',
    what: 'two meters of one name',
    spoil: (site) => {
      addMeter(site, { name: 'press-1' });
    },
  },
  {
    id: 'meter-readers',
    what: 'nine readers of one meter',
    spoil: (site) => {
      for (let count = 0; count < 9; count++) {
        site.flows.push({ ...site.node('first-meter-poll-slow'), id: `poll-${count}` });
      }
    },
  },
  {
    id: 'meter-read',
    what: 'a meter that nobody reads',
    spoil: (site) => {
      addMeter(site, {});
      site.flows.pop();
    },
  },
  {
    id: 'modbus-beside-plc',
    what: 'Modbus on a schedule beside a PLC',
    spoil: real({ transport: 'modbus-tcp', sharedWithPlc: true }),
  },
  {
    id: 'modbus-beside-ethernet-ip',
    what: 'one meter over both',
    spoil: (site) => {
      addMeter(site, { host: '10.0.0.5', transport: 'modbus-tcp' });
    },
  },
  {
    id: 'own-connections-beside-plc',
    what: 'input-only beside a PLC',
    spoil: real({ transport: 'input-only', sharedWithPlc: true }),
  },
  { id: 'meter-tags', what: 'a meter of no site', spoil: real({ site: '' }) },
  { id: 'sample-identity', what: 'the site of the sample', spoil: real({ site: 'steel-works' }) },
  {
    id: 'simulated-beside-real',
    what: 'the simulated meter beside that of the site',
    spoil: (site) => {
      const before = [site.node('first-meter-sim'), { ...site.node('first-meter-meter'), id: 'practice' }];
      site.useRealMeter();
      site.flows.push(...before, { ...site.node('first-meter-poll-slow'), id: 'practice-poll', meter: 'practice' });
    },
  },
  { id: 'plc-said', what: 'listening without a word of the PLC', spoil: real({ transport: 'listen-only' }) },

  {
    id: 'readings-delivered',
    what: 'a poll node wired to a debug node',
    spoil: node('poll-slow', { wires: [['first-meter-voltage'], []] }),
  },
  { id: 'alarms-on', what: 'no alarms', spoil: node('normalize-realtime', { defaultAlarms: false }) },
  {
    id: 'alarms-wired',
    what: 'alarms that go nowhere',
    spoil: node('normalize-realtime', { wires: [['first-meter-to-sinks'], []] }),
  },
  {
    id: 'contract-known',
    what: 'demand without a contract',
    spoil: (site) => {
      site.useRealMeter();
      Object.assign(site.node('first-meter-normalize-energy'), { contractKw: '' });
    },
  },
  { id: 'tariff-known', what: 'costs without a tariff', spoil: node('normalize-energy', { kpis: ['cost'] }) },
  { id: 'emission-known', what: 'CO2 without a factor', spoil: node('normalize-energy', { kpis: ['co2'] }) },
  { id: 'stale-watched', what: 'values that never get stale', spoil: node('normalize', { staleSeconds: 0 }) },
  { id: 'quality-stored', what: 'points without a quality', spoil: node('influx-out', { quality: 'none' }) },
  {
    id: 'rating-known',
    what: 'no rated current',
    spoil: (site) => {
      site.useRealMeter();
      Object.assign(site.node('first-meter-normalize-realtime'), { ratedAmperes: '' });
    },
  },
  {
    id: 'diagnostics-on',
    what: 'no diagnostics',
    spoil: (site) => {
      for (const entry of site.flows) if (entry['type'] === 'pm500-poll') entry['diagnosticsSeconds'] = 0;
    },
  },
];

function withBackup(backups: SiteFacts['backups'], of: 'files' | 'database', newestMs?: number): Partial<SiteFacts> {
  if ('unseen' in backups) return {};
  return {
    backups: seen(
      backups.seen.map(({ newestMs: before, ...each }) => {
        const newest = each.of === of ? newestMs : before;
        return { ...each, ...(newest === undefined ? {} : { newestMs: newest }) };
      }),
    ),
  };
}
