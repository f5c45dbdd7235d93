import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { answerWith } from '../../src/outbox/lock-owner';
import { openOutbox, type DiskOutbox } from '../../src/outbox/disk';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { CertificateAuthority } from '../../testkit/servers/certificates';
import { findProgram } from '../../testkit/servers/programs';
import { removeFolder } from '../../testkit/temporary-folder';
import { HealthySite } from './healthy-site';

/** What is wrong with real files, as the readers of the doctor find them. */
interface FileSeed {
  readonly id: string;
  readonly what: string;
  /** Another check of the area that finds the same fault, from another side. */
  readonly also?: string;
  /** @returns what undoes it beside the files, which go with the site */
  readonly spoil: (site: HealthySite) => Promise<(() => Promise<void>) | undefined>;
}

const DAY_MS = 86_400_000;
const authority = new CertificateAuthority();

/** TLS settings of the flow that name this certificate and key. */
function useCertificate(
  site: HealthySite,
  files: { readonly certificate: string; readonly key: string },
): Promise<undefined> {
  chmodSync(files.key, 0o600);
  site.flows.push({
    id: 'tls',
    type: 'tls-config',
    name: 'tls',
    cert: files.certificate,
    key: files.key,
    verifyservercert: true,
  });
  Object.assign(site.node('first-meter-edge'), { useTls: true, tls: 'tls' });
  return Promise.resolve(undefined);
}

/** A certificate whose time begins tomorrow. */
function certificateOfTomorrow(): { readonly certificate: string; readonly key: string } {
  const stamp = (ms: number): string =>
    `${new Date(ms)
      .toISOString()
      .replaceAll(/[-:T]|\.\d+/g, '')
      .slice(0, 14)}Z`;
  const [certificate, key] = ['tomorrow.crt', 'tomorrow.key'].map((name) => join(authority.folder, name));
  if (certificate === undefined || key === undefined) throw new Error('unreachable');
  const folder = join(authority.folder, 'tomorrow');
  const configuration = `mkdir -p ${folder} && cd ${folder} && : >index.txt && echo 01 >serial && cat >ca.cnf <<'END'
[ca]
default_ca = one
[one]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
END
${findProgram('openssl')} req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ${key} -out req.pem -subj /CN=tomorrow
${findProgram('openssl')} ca -batch -config ca.cnf -in req.pem -cert ../ca.crt -keyfile ../ca.key -out ${certificate} -notext \
  -startdate ${stamp(Date.now() + DAY_MS)} -enddate ${stamp(Date.now() + 60 * DAY_MS)}`;
  execFileSync('sh', ['-ec', configuration], { stdio: 'pipe' });
  return { certificate, key };
}

function openIn(site: HealthySite, id: string): DiskOutbox {
  return openOutbox({
    folder: join(site.userDirectory, 'pm500', 'outbox', id),
    limits: { maximumBytes: 1e9 },
    clock: systemClock,
    logger: silentLogger,
  });
}

/** Records that wait in the outbox of a node. @param isOpen whether a process has it still */
async function leave(site: HealthySite, id: string, acceptedAt: number, isOpen: boolean, payload = 'a v=1') {
  const outbox = openIn(site, id);
  await outbox.append([{ payload, acceptedAt }]);
  if (!isOpen) await outbox.close();
  return isOpen ? () => outbox.close() : undefined;
}

const ID = 'first-meter-influx';

const SEEDS: readonly FileSeed[] = [
  {
    id: 'certificate-readable',
    what: 'a file that is no certificate',
    spoil: (site) => {
      const files = authority.issue('nonsense', 90);
      const certificate = site.write('nonsense.crt', 'hello');
      return useCertificate(site, { ...files, certificate });
    },
  },
  {
    id: 'certificate-expired',
    what: 'a certificate of yesterday',
    spoil: (site) => useCertificate(site, authority.issue('old', -1)),
  },
  {
    id: 'certificate-expires-soon',
    what: '20 days left',
    spoil: (site) => useCertificate(site, authority.issue('soon', 20)),
  },
  {
    id: 'certificate-not-yet',
    what: 'a certificate of tomorrow',
    spoil: (site) => useCertificate(site, certificateOfTomorrow()),
  },
  {
    id: 'certificate-pair',
    what: 'the key of another certificate',
    spoil: (site) => {
      const { certificate } = authority.issue('one', 90);
      return useCertificate(site, { certificate, key: authority.issue('two', 90).key });
    },
  },
  {
    id: 'key-readable',
    what: 'a key for everybody',
    spoil: (site) => {
      const files = authority.issue('open', 90);
      const done = useCertificate(site, files);
      chmodSync(files.key, 0o644);
      return done;
    },
  },
  {
    id: 'outbox-running',
    what: 'readings that no process has open',
    spoil: (site) => leave(site, ID, Date.now(), false),
  },
  {
    id: 'outbox-waiting',
    what: 'readings that have waited for two days',
    spoil: (site) => leave(site, ID, Date.now() - 2 * DAY_MS, true),
  },
  {
    id: 'outbox-near-limit',
    what: 'an outbox of 1 MB with 0.9 in it',
    also: 'outbox-outage',
    spoil: (site) => {
      site.node(ID)['maximumMegabytes'] = 1;
      return leave(site, ID, Date.now(), true, 'x'.repeat(900_000));
    },
  },
  {
    id: 'outbox-one-process',
    what: 'two processes in one outbox',
    spoil: async (site) => {
      const close = await leave(site, ID, Date.now(), true);
      const other = answerWith({ isOwner: true, who: 'process 999 on another computer' });
      other.listen({ path: join(site.userDirectory, 'pm500', 'outbox', ID, 'owner-0123456789abcdef.sock') });
      await once(other, 'listening');
      return async () => {
        other.close();
        await close?.();
      };
    },
  },
  {
    id: 'backup-files',
    what: 'a newest backup of files of nine days ago',
    spoil: (site) => {
      const folder = join(site.folder, 'backups');
      const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('-files.tar.gz'));
      const old = new Date(Date.now() - 9 * DAY_MS).toISOString().replaceAll(/[-:]|\.\d+/g, '');
      renameSync(join(folder, name), join(folder, `${old}-files.tar.gz`));
      return Promise.resolve(undefined);
    },
  },
  {
    id: 'backup-database',
    what: 'a backup of the database that is not whole',
    spoil: (site) => {
      const folder = join(site.folder, 'backups');
      const [name = ''] = readdirSync(folder).filter((each) => !each.endsWith('.tar.gz'));
      renameSync(join(folder, name), join(folder, `${name}.part`));
      return Promise.resolve(undefined);
    },
  },
  {
    id: 'service-enabled',
    what: 'a unit that no target wants',
    spoil: (site) => {
      rmSync(join(site.folder, 'systemd/multi-user.target.wants'), { recursive: true });
      return Promise.resolve(undefined);
    },
  },
  {
    id: 'clock-plausible',
    what: 'a file of next week in the user directory',
    spoil: (site) => {
      const path = site.write('node-red/pm500/state.json', '{}');
      const later = new Date(Date.now() + 7 * DAY_MS);
      utimesSync(path, later, later);
      return Promise.resolve(undefined);
    },
  },
];

describe('faults in real files, as the doctor reads them', () => {
  after(() => {
    removeFolder(authority.folder);
  });

  for (const { id, what, also, spoil } of SEEDS) {
    it(`${id} finds ${what}`, async () => {
      const site = new HealthySite();
      const undo = await spoil(site);
      try {
        const { results } = site.examine(await site.facts());
        const found = results.filter(({ outcome }) => outcome === 'finding');
        assert.ok(
          found.some((result) => result.id === id),
          results.find((result) => result.id === id)?.evidence.join(' '),
        );
        const area = found.find((result) => result.id === id)?.area;
        const others = found.filter((result) => result.area === area && ![id, also].includes(result.id));
        assert.deepEqual(
          others.map((result) => [result.id, ...result.evidence]),
          [],
        );
      } finally {
        await undo?.();
        removeFolder(site.folder);
      }
    });
  }

  it('a site whose files are as they should be has none of these findings', async () => {
    const site = new HealthySite();
    await useCertificate(site, authority.issue('good', 90));
    const close = await leave(site, ID, Date.now(), true);
    try {
      const { results } = site.examine(await site.facts());
      const found = results.filter(({ outcome }) => outcome === 'finding').map(({ id, evidence }) => [id, ...evidence]);
      assert.deepEqual(found, []);
    } finally {
      await close?.();
      removeFolder(site.folder);
    }
  });
});
