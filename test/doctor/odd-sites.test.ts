import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { createServer } from 'node:tls';
import { parseAttestations } from '../../src/doctor/attestations';
import { DOCTOR_CHECKS } from '../../src/doctor/checks';
import type { DoctorReport } from '../../src/doctor/examine';
import type { SiteFacts } from '../../src/doctor/facts';
import { seen } from '../../src/doctor/looked';
import { readBrokers } from '../../src/doctor/readers/brokers';
import { readServiceUnit } from '../../src/doctor/readers/service-unit';
import { loadSettings } from '../../src/doctor/readers/settings-file';
import { endOfShownCertificate } from '../../src/doctor/readers/shown-certificate';
import { readIfThere } from '../../src/doctor/readers/user-directory';
import { foldersNotWritable } from '../../src/doctor/readers/writable';
import { systemClock } from '../../src/support/clock';
import { plain } from '../../src/support/sentence';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { findProgram } from '../../testkit/servers/programs';
import { isRoot } from '../../testkit/servers/stack-folder';
import { removeFolder, temporaryFolder } from '../../testkit/temporary-folder';
import { runHere } from '../cli/run-command';
import { HealthySite } from './healthy-site';

const NOBODY = 65534;
const MARK = '\uFEFF';
const DAY_MS = 86_400_000;

/** What nobody thinks of until it is there. */
interface OddSite {
  readonly what: string;
  readonly spoil: (site: HealthySite) => void;
  readonly facts?: (facts: SiteFacts) => Partial<SiteFacts>;
  /** Every finding, those of persons included. */
  readonly finds: readonly string[];
  /** Some of what cannot be looked at then, and is not taken for fine. */
  readonly unseen?: readonly string[];
}

const flowsOf = ({ userDirectory }: HealthySite): string => join(userDirectory, 'flows.json');
const later = (change: (site: HealthySite) => void) => (site: HealthySite) => {
  site.spoilFiles = () => {
    change(site);
  };
};
const pipe = (path: string): void => {
  rmSync(path, { force: true });
  execFileSync('mkfifo', ['-m', '600', path]);
};

const notWritable =
  (owner: number) =>
  ({ directory }: SiteFacts): Partial<SiteFacts> =>
    'seen' in directory
      ? { directory: seen({ ...directory.seen, unwritable: [{ path: '/outbox', owner, isReadOnly: false }] }) }
      : {};

/** The top folder alone, which has these names in it. */
const topNotWritable =
  (...names: readonly string[]) =>
  ({ directory }: SiteFacts): Partial<SiteFacts> => {
    if (!('seen' in directory)) return {};
    const { path, access } = directory.seen;
    const ownFiles = names.map((name) => ({ ...access, path: join(path, name) }));
    const unwritable = [{ path, owner: access.owner, isReadOnly: true }];
    return { directory: seen({ ...directory.seen, ownFiles, unwritable }) };
  };

/** A unit whose user is not that of the directory. @param values some of its lines, for the path of the directory */
const ofOtherUser =
  (values: (path: string) => Readonly<Record<string, string>>, isEnabled = true) =>
  ({ unit, directory }: SiteFacts): Partial<SiteFacts> =>
    'seen' in unit && 'seen' in directory
      ? {
          unit: seen({
            ...unit.seen,
            isEnabled,
            user: 4711,
            values: { ...unit.seen.values, ...values(directory.seen.path) },
          }),
        }
      : {};

const ODD: readonly OddSite[] = [
  {
    what: 'an empty flow file',
    spoil: later((site) => {
      writeFileSync(flowsOf(site), '');
    }),
    finds: ['flows-readable'],
    unseen: ['meter-settings', 'settings-accepted', 'outbox-on-disk', 'alarms-on'],
  },
  {
    what: 'a flow file that was cut',
    spoil: later((site) => {
      truncateSync(flowsOf(site), 3000);
    }),
    finds: ['flows-readable'],
    unseen: ['meter-settings', 'settings-accepted'],
  },
  {
    what: 'no flow file',
    spoil: later((site) => {
      rmSync(flowsOf(site));
    }),
    finds: ['flows-readable'],
    unseen: ['meter-settings'],
  },
  {
    what: 'a folder in the place of the flow file',
    spoil: later((site) => {
      rmSync(flowsOf(site));
      mkdirSync(flowsOf(site));
    }),
    finds: ['flows-readable'],
    unseen: ['meter-settings'],
  },
  {
    what: 'a user directory that is not there',
    spoil: later((site) => {
      rmSync(site.userDirectory, { recursive: true });
    }),
    finds: ['flows-readable'],
    unseen: ['user-directory-mode', 'secrets-readable', 'node-red-version', 'meter-settings'],
  },
  {
    what: 'files that an editor of Windows has saved, with the mark of UTF-8',
    spoil: later((site) => {
      for (const name of ['flows.json', 'flows_cred.json', '.config.nodes.json']) {
        const path = join(site.userDirectory, name);
        writeFileSync(path, `${MARK}${readFileSync(path, 'utf8')}`);
      }
    }),
    finds: [],
  },
  {
    what: 'flows of 20 MB',
    spoil: (site) => {
      const z = site.node('first-meter-meter')['z'];
      const comment = { type: 'comment', z, name: 'n'.repeat(500), info: '', wires: [] };
      for (let count = 0; count < 35_000; count += 1) site.flows.push({ ...comment, id: `comment-${count}` });
    },
    finds: [],
  },
  {
    what: 'a user directory behind a link, as systemd makes it',
    spoil: later((site) => {
      const place = join(site.folder, 'elsewhere');
      rmSync(place, { recursive: true, force: true });
      renameSync(site.userDirectory, place);
      symlinkSync(place, site.userDirectory);
    }),
    finds: [],
  },
  {
    what: 'credentials that are a pipe, on which a reader would wait without end',
    spoil: later((site) => {
      pipe(join(site.userDirectory, 'flows_cred.json'));
    }),
    finds: [],
    unseen: ['credentials-encrypted', 'credentials-open', 'default-password'],
  },
  {
    what: 'a folder that its owner has closed to itself',
    spoil: () => undefined,
    facts: notWritable(process.getuid?.() ?? 0),
    finds: ['user-directory-writable'],
  },
  {
    what: 'a folder of somebody else, of which this user knows nothing',
    spoil: () => undefined,
    facts: notWritable(4711),
    finds: [],
    unseen: ['user-directory-writable'],
  },
  {
    what: 'a user directory that is mounted read-only on purpose, with pm500 on a disk of its own',
    spoil: () => undefined,
    facts: topNotWritable('pm500'),
    finds: ['deployments-saved'],
  },
  {
    what: 'a user directory that takes nothing, in which pm500 is still to be made',
    spoil: () => undefined,
    facts: topNotWritable(),
    finds: ['user-directory-writable'],
  },
  {
    what: 'a user directory of another user than that of the unit',
    spoil: () => undefined,
    facts: ofOtherUser(() => ({})),
    finds: ['user-directory-owner'],
  },
  {
    what: 'the same, where the unit names that directory',
    spoil: () => undefined,
    facts: ofOtherUser((path) => ({ ExecStart: `/usr/bin/node-red --userDir ${path}`, WorkingDirectory: '/opt' })),
    finds: ['user-directory-owner'],
  },
  {
    what: 'the same, where the unit works beside that directory, as those of Node-RED do',
    spoil: () => undefined,
    facts: ofOtherUser((path) => ({ WorkingDirectory: dirname(path) })),
    finds: ['user-directory-owner'],
  },
  {
    what: 'a unit of another user that runs another user directory',
    spoil: () => undefined,
    facts: ofOtherUser((path) => ({ ExecStart: `/usr/bin/node-red --userDir=${path}-2` })),
    finds: [],
  },
  {
    what: 'a unit of another user that says by a variable where it is',
    spoil: () => undefined,
    facts: ofOtherUser(() => ({ Environment: 'A=1 "USER_DIR=/var/lib/pm500-node-red"' })),
    finds: [],
  },
  {
    what: 'a unit of another user that works elsewhere',
    spoil: () => undefined,
    facts: ofOtherUser(() => ({ WorkingDirectory: '/home/pi' })),
    finds: [],
  },
  {
    what: 'a unit of another user that nobody has enabled',
    spoil: () => undefined,
    facts: ofOtherUser(() => ({}), false),
    finds: ['service-enabled'],
  },
  {
    what: 'a file in the place of pm500',
    spoil: later((site) => {
      rmSync(join(site.userDirectory, 'pm500'), { recursive: true, force: true });
      writeFileSync(join(site.userDirectory, 'pm500'), '');
    }),
    finds: [],
  },
  {
    what: 'a clock in 1970',
    spoil: () => undefined,
    facts: () => ({ nowMs: 3_600_000 }),
    finds: ['clock-plausible', 'backup-files', 'backup-database'],
    unseen: ['restore-drilled'],
  },
  {
    what: 'a backup of the year 2099, which would be the newest for years',
    spoil: (site) => {
      site.write('backups/20990101T000000Z-files.tar.gz', 'x');
    },
    finds: ['backup-files'],
  },
  {
    what: 'a broker at ::1, whose password stays on this computer',
    spoil: (site) => {
      Object.assign(site.node('first-meter-edge'), { host: '::1' });
      site.secrets = { ...site.secrets, 'first-meter-edge': { username: 'edge', password: 'long and known to few' } };
    },
    finds: [],
  },
  {
    what: 'a broker at another address of IPv6',
    spoil: (site) => {
      Object.assign(site.node('first-meter-edge'), { host: 'fd00::9' });
      site.secrets = { ...site.secrets, 'first-meter-edge': { username: 'edge', password: 'long and known to few' } };
    },
    finds: ['password-plain-mqtt'],
  },
  {
    what: 'a system without users and modes, which calls every file one for everybody',
    spoil: later((site) => {
      chmodSync(site.userDirectory, 0o777);
      for (const name of ['settings.js', 'flows_cred.json']) chmodSync(join(site.userDirectory, name), 0o666);
    }),
    facts: ({ certificates }) => ({
      ownUser: undefined as never,
      certificates:
        'seen' in certificates
          ? seen([{ path: '/tls/edge.key', of: '"tls"', part: 'key', mode: 0o666, validToMs: 9e15 }])
          : certificates,
    }),
    finds: [],
    unseen: ['user-directory-mode', 'user-directory-owner', 'secrets-readable', 'key-readable'],
  },
  {
    what: 'a meter at an address of IPv6',
    spoil: (site) => {
      Object.assign(site.useRealMeter(), { host: 'fd00::5' });
    },
    finds: [],
  },
  {
    what: 'one meter under two spellings of an address of IPv6',
    spoil: (site) => {
      const first = Object.assign(site.useRealMeter(), { host: 'fd00::5' });
      site.flows.push({ ...first, id: 'second', name: 'press-2', host: 'FD00:0:0:0:0:0:0:5' });
      site.flows.push({ ...site.node('first-meter-poll-slow'), id: 'second-poll', meter: 'second' });
    },
    finds: ['meter-once'],
  },
  {
    what: 'a list and objects without a text where a choice belongs',
    spoil: (site) => {
      const textless: unknown = JSON.parse('{"toString": 1, "valueOf": 1}');
      Object.assign(site.useRealMeter(), { transport: textless });
      for (const { type, ...node } of site.flows)
        if (type === 'pm500-normalize') Object.assign(site.node(String(node['id'])), { kpis: [textless] });
    },
    finds: ['meter-settings', 'settings-accepted'],
  },
];

describe('sites that nobody has thought of', () => {
  for (const { what, spoil, facts: change, finds, unseen = [] } of ODD) {
    it(`${what}: ${finds.length === 0 ? 'no finding' : finds.join(', ')}`, async () => {
      const site = new HealthySite();
      try {
        spoil(site);
        const facts = await site.facts();
        const { results } = site.examine({ ...facts, ...change?.(facts) });
        const idsOf = (outcome: string): readonly string[] =>
          results.filter((result) => result.outcome === outcome).map(({ id }) => id);
        assert.deepEqual([...idsOf('finding')].sort(), [...finds].sort());
        const notSeen = idsOf('could not look');
        if (unseen.length === 0) assert.deepEqual(notSeen, []);
        for (const id of unseen) assert.ok(notSeen.includes(id), `${id} was looked at`);
        const failed = results.filter(({ evidence }) => evidence.join().includes('check itself failed'));
        assert.deepEqual(failed, []);
      } finally {
        removeFolder(site.folder);
      }
    });
  }

  it('a user directory that is closed is no empty one, and of its own owner a finding', async () => {
    const site = new HealthySite();
    await site.facts();
    const { userDirectory } = site;
    chmodSync(site.folder, 0o755);
    site.spoilFiles = () => {
      chmodSync(userDirectory, 0);
      if (isRoot) process.seteuid?.(NOBODY);
    };
    const look = async (): Promise<SiteFacts> => {
      try {
        return await site.facts();
      } finally {
        if (isRoot) process.seteuid?.(0);
        chmodSync(userDirectory, 0o755);
      }
    };
    try {
      const own = await look();
      assert.ok('unseen' in own.site);
      assert.equal(own.site.isBroken, true, own.site.unseen.text);
      assert.ok('unseen' in own.settings);
      assert.match(own.settings.unseen.text, /settings\.js cannot be read \(EACCES/);
      if (isRoot) chownSync(userDirectory, NOBODY, NOBODY);
      const others = isRoot ? await look() : own;
      assert.ok('unseen' in others.site && (!isRoot || others.site.isBroken === undefined));
    } finally {
      removeFolder(site.folder);
    }
  });

  it('flows that this user may not read say nothing about Node-RED', async () => {
    const site = new HealthySite();
    const facts = await site.facts();
    const { results } = site.examine({ ...facts, site: { unseen: plain('Flow file cannot be read (EACCES)') } });
    removeFolder(site.folder);
    assert.equal(results.find(({ id }) => id === 'flows-readable')?.outcome, 'could not look');
  });
});

describe('the exit code of pm500 doctor', () => {
  it('is no success in a folder that is not there', async () => {
    const { code, stdout } = await runHere('doctor', '--offline', '--user-dir', '/nowhere/node-red');
    assert.equal(code, 5);
    assert.match(stdout, /CRITICAL {2}flows-readable/);
  });

  it('comes with a verdict where attestations cannot be read, which is said of each', async () => {
    const site = new HealthySite();
    site.save();
    mkdirSync(join(site.userDirectory, 'pm500/attested.json'));
    const { code, stdout, stderr } = await runHere('doctor', '--offline', '--json', '--user-dir', site.userDirectory);
    removeFolder(site.folder);
    assert.ok(code !== 1 && code !== 2, `${code} ${stderr}`);
    const { results } = JSON.parse(stdout) as DoctorReport;
    const people = results.filter(({ area }) => area === 'people');
    assert.ok(people.length > 5);
    for (const { outcome, evidence } of people) {
      assert.equal(outcome, 'could not look');
      assert.match(evidence.join(), /The attestations in \S+attested\.json cannot be read \(it is no regular file\)/);
    }
  });

  it('is no success where nothing was found, for the flows were not looked at', async () => {
    const without = DOCTOR_CHECKS.flatMap(({ id }) => ['--without', id]);
    const { code } = await runHere('doctor', '--offline', '--user-dir', '/nowhere/node-red', ...without);
    assert.equal(code, 6);
  });
});

describe('odd files, one by one', () => {
  const folder = temporaryFolder('odd-files');
  after(() => {
    removeFolder(folder);
  });
  const fifo = (name: string): string => {
    const path = join(folder, name);
    pipe(path);
    return path;
  };

  it('attestations may begin with the mark of UTF-8, and are read from no pipe', () => {
    const entry = { id: 'restore-drilled', name: 'J. Doe', date: '2026-11-02' };
    const [read] = parseAttestations(`${MARK}${JSON.stringify([entry])}`, 'attested.json', ['restore-drilled']);
    assert.equal(read?.name, 'J. Doe');
    assert.throws(() => readIfThere(fifo('attested.json')), /no regular file/);
  });

  it('a folder takes no file where the system says so, and nothing is made to find out', () => {
    const folders = ['taken', 'refused', 'read-only'].map((name) => join(folder, name));
    for (const each of folders) mkdirSync(each);
    const refuse = (path: string): void => {
      const code = path.endsWith('refused') ? 'EACCES' : path.endsWith('read-only') ? 'EROFS' : undefined;
      if (code !== undefined) throw Object.assign(new Error(code), { code });
    };
    const owner = process.getuid?.() ?? 0;
    const none = [join(folder, 'none'), fifo('no-folder'), join(folder, 'no-folder/below')];
    assert.deepEqual(foldersNotWritable([...folders, ...none], refuse), [
      { path: folders[1], owner, isReadOnly: false },
      { path: folders[2], owner, isReadOnly: true },
    ]);
    assert.deepEqual(foldersNotWritable(folders), []);
    assert.deepEqual(readdirSync(join(folder, 'taken')), []);
    const broken = (): never => {
      throw new Error('EIO');
    };
    assert.throws(() => foldersNotWritable(folders, broken), /EIO/);
  });

  it('a user of a unit has the number that the computer gives it', () => {
    const accounts = join(folder, 'passwd');
    writeFileSync(accounts, 'root:x:0:0:root:/root:/bin/sh\nnodered:x:998:998::/var/lib/nodered:/usr/sbin/nologin\n');
    const userOf = (line: string): number | undefined => {
      const unit = join(folder, 'own.service');
      writeFileSync(unit, `[Service]\n${line}\n`);
      const looked = readServiceUnit(unit, [], accounts);
      assert.ok('seen' in looked);
      return looked.seen.user;
    };
    assert.deepEqual(['User=nodered', 'User=1234', 'User=somebody', 'DynamicUser=yes'].map(userOf), [
      998,
      1234,
      undefined,
      undefined,
    ]);
  });

  it('a unit that is a pipe is not read, and one that was masked has no line', () => {
    assert.throws(() => readServiceUnit(fifo('node-red.service')), /no regular file/);
    const masked = join(folder, 'masked.service');
    symlinkSync('/dev/null', masked);
    const unit = readServiceUnit(masked);
    assert.ok('seen' in unit);
    assert.deepEqual(unit.seen.values, {});
  });

  it('a settings.js that is no program is a finding, one that fails here may run elsewhere', async () => {
    const path = join(folder, 'settings.js');
    const signal = AbortSignal.timeout(20_000);
    const isBroken = async (text: string): Promise<boolean> => {
      writeFileSync(path, text);
      return 'isBroken' in (await loadSettings(path, signal));
    };
    assert.equal(await isBroken('module.exports = {{'), true);
    assert.equal(await isBroken('throw new Error("no secret here")'), false);
  });

  it('a broker at an address of IPv6 is told with brackets', async () => {
    const site = new HealthySite();
    Object.assign(site.node('first-meter-edge'), { host: 'fd00::9' });
    const facts = await site.facts();
    removeFolder(site.folder);
    assert.ok('seen' in facts.site);
    const looked = await readBrokers(facts.site.seen, site.userDirectory, {
      clock: systemClock,
      signal: AbortSignal.timeout(20_000),
      tryBroker: () => Promise.resolve(undefined),
      lookAtCertificate: () => Promise.resolve(undefined),
    });
    assert.ok('seen' in looked);
    assert.equal(looked.seen[0]?.server, '[fd00::9]:1883');
  });

  it('of the chain that a server shows the end that comes first counts', async () => {
    const authority = new CertificateAuthority();
    const inFolder = (name: string): string => join(authority.folder, name);
    const openssl = (...args: readonly string[]): void => {
      execFileSync(findProgram('openssl'), args, { stdio: 'pipe' });
    };
    const sign = (name: string, of: string, days: number, extension: string): void => {
      writeFileSync(inFolder('extension'), extension);
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
      openssl('req', ...key, '-keyout', inFolder(`${name}.key`), '-out', inFolder('csr'), '-subj', `/CN=${name}`);
      const by = ['-CA', inFolder(`${of}.crt`), '-CAkey', inFolder(`${of}.key`), '-CAcreateserial'];
      const rest = ['-days', String(days), '-extfile', inFolder('extension'), '-out', inFolder(`${name}.crt`)];
      openssl('x509', '-req', '-in', inFolder('csr'), ...by, ...rest);
    };
    sign('between', 'ca', 5, 'basicConstraints=critical,CA:TRUE');
    sign('server', 'between', 90, 'subjectAltName=IP:127.0.0.1');
    const read = (name: string): string => readFileSync(inFolder(name), 'utf8');
    const server = createServer({ key: read('server.key'), cert: `${read('server.crt')}${read('between.crt')}` });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const end = await endOfShownCertificate('127.0.0.1', (server.address() as AddressInfo).port);
    server.close();
    removeFolder(authority.folder);
    const days = ((end ?? 0) - Date.now()) / DAY_MS;
    assert.ok(days > 4 && days < 6, `${days} days`);
  });
});
