import assert from 'node:assert/strict';
import { DOCTOR_CHECKS } from '../../src/doctor/checks';
import { formatDoctorHtml } from '../../src/doctor/format/html';
import { formatDoctorJunit } from '../../src/doctor/format/junit';
import { formatDoctorText } from '../../src/doctor/format/text';
import type { SiteFacts } from '../../src/doctor/facts';
import { seen } from '../../src/doctor/looked';
import type { DoctorReport } from '../../src/doctor/examine';
import { withoutGerman } from '../german';
import { removeFolder } from '../../testkit/temporary-folder';
import { HealthySite, TOKEN } from './healthy-site';
import { SEEDS, type Seed } from './seeds';

const idsOf = ({ results }: DoctorReport, outcome: string): readonly string[] =>
  results.filter((result) => result.outcome === outcome).map(({ id }) => id);

async function reportOf({ spoil, facts: change }: Omit<Seed, 'id' | 'what'>, secret?: string): Promise<DoctorReport> {
  const site = new HealthySite();
  try {
    spoil?.(site);
    const facts = await site.facts(secret);
    return site.examine({ ...facts, ...change?.(facts) });
  } finally {
    removeFolder(site.folder);
  }
}

describe('checks of the doctor', () => {
  it('find nothing in a healthy site with the flows of the demo, and see all of it', async () => {
    const report = await reportOf({});
    const wrong = report.results.filter(({ outcome }) => outcome === 'finding' || outcome === 'could not look');
    assert.deepEqual(
      wrong.map(({ id, evidence }) => [id, ...evidence]),
      [],
    );
    assert.equal(report.worst, undefined);
    assert.equal(report.counts.attested, 11);
  });

  it('find nothing in a healthy site with a meter of its own', async () => {
    const report = await reportOf({
      spoil: (site) => {
        site.useRealMeter();
      },
    });
    assert.deepEqual(idsOf(report, 'finding'), []);
  });

  it('are all seeded, but for those that a person answers', () => {
    const wanted = DOCTOR_CHECKS.filter(({ area }) => area !== 'people').map(({ id }) => id);
    // The key of the settings is another one: it hides the credentials from other checks, see below.
    assert.deepEqual([...SEEDS.map(({ id }) => id), 'credentials-open'].sort(), [...wanted].sort());
  });

  for (const seed of SEEDS) {
    it(`${seed.id} finds ${seed.what}, and no other check does`, async () => {
      const report = await reportOf(seed);
      assert.deepEqual(idsOf(report, 'finding'), [seed.id]);
      const found = report.results.find(({ id }) => id === seed.id);
      assert.ok(found !== undefined && found.evidence.length > 0);
      for (const sentence of found.evidence) assert.match(sentence, /^\S.*\.$/);
      const told = found.told ?? [];
      assert.deepEqual(
        told.map(({ text }) => text),
        found.evidence,
      );
      assert.deepEqual(withoutGerman(told), []);
    });
  }

  const UNITS = [
    ['service-memory', 'MemoryMax=1G\n', 'MemoryMax=infinity\n'],
    ['service-heap', 'ExecStart=', 'Environment=NODE_OPTIONS=--max-old-space-size=1000\nEnvironment=A=1\nExecStart='],
    ['service-heap', 'node-red\n', 'node-red --max-old-space-size=64 --max-old-space-size=1000\n'],
  ] as const;
  for (const [id, from, to] of UNITS) {
    it(`${id} finds ${to.trim().split('\n')[0] ?? ''}`, async () => {
      const report = await reportOf({
        spoil: (site) => {
          site.unit = site.unit.replace(from, to);
        },
      });
      assert.deepEqual(idsOf(report, 'finding'), [id]);
    });
  }

  for (const name of ['.flows_cred.json.backup', '.sessions.json', '.config.runtime.json']) {
    it(`secrets-readable finds ${name} for everybody`, async () => {
      const report = await reportOf({
        spoil: (site) => {
          site.write(`node-red/${name}`, '{}', 0o644);
        },
      });
      assert.deepEqual(idsOf(report, 'finding'), ['secrets-readable']);
    });
  }

  it('backup-elsewhere does not take a backup that is not there for one on another disk', async () => {
    const report = await reportOf(SEEDS.find(({ id }) => id === 'backup-database') ?? {});
    assert.ok(idsOf(report, 'could not look').includes('backup-elsewhere'));
  });

  it('credentials-open finds another key, and what is behind it is not taken for fine', async () => {
    const report = await reportOf({}, 'a key that the file was not made with');
    assert.deepEqual(idsOf(report, 'finding'), ['credentials-open']);
    assert.deepEqual(idsOf(report, 'could not look'), ['default-password', 'token-plain-http', 'password-plain-mqtt']);
  });

  describe('of certificates, where somebody else than the user of Node-RED looks', () => {
    const owned = (owner: number, ownUser: number, problem?: string) => (facts: SiteFacts) => {
      assert.ok('seen' in facts.directory);
      const directory = seen({ ...facts.directory.seen, access: { ...facts.directory.seen.access, owner } });
      const common = { path: '/tls/edge.crt', of: '"tls"', part: 'certificate', validToMs: 9e15 } as const;
      const file = problem === undefined ? common : { ...common, problem };
      return { directory, ownUser, certificates: seen([file]) };
    };
    const rows = [
      ['root, for root', owned(0, 0), 'ok'],
      ['the user itself', owned(1000, 1000), 'ok'],
      ['root', owned(1000, 0), 'could not look'],
      ['another user', owned(1000, 1001), 'could not look'],
      ['root, who cannot use it either', owned(1000, 0, 'it holds no certificate in PEM'), 'finding'],
      ['another user, who cannot read it', owned(1000, 1001, 'EACCES'), 'could not look'],
      ['the user itself, who cannot read it', owned(1000, 1000, 'EACCES'), 'finding'],
    ] as const;
    for (const [who, facts, outcome] of rows) {
      it(`${who}: ${outcome}`, async () => {
        const report = await reportOf({ facts });
        assert.ok(idsOf(report, outcome).includes('certificate-readable'));
        const of = report.results.find(({ id }) => id === 'certificate-expired');
        assert.equal(of?.outcome, who.includes('cannot') ? 'could not look' : 'ok');
      });
    }
  });

  it('tell no secret in any format, whatever is wrong', async () => {
    const report = await reportOf({
      spoil: (site) => {
        site.isEncrypted = false;
        site.secrets = { 'first-meter-influx': { token: TOKEN, password: 'hunter2' } };
        Object.assign(site.node('first-meter-influx'), { url: 'http://10.0.0.8:8086', password: 'hunter2' });
        site.flows.push({
          id: 'login',
          type: 'debug',
          z: 'first-meter',
          url: 'mqtt://user:hunter2@10.0.0.9',
          wires: [],
        });
      },
    });
    assert.ok(report.counts.finding >= 4);
    const texts = [
      formatDoctorText(report, true),
      formatDoctorJunit(report),
      formatDoctorHtml(report, 'site'),
      JSON.stringify(report),
    ];
    for (const text of texts) assert.doesNotMatch(text, /hunter2|h4rd-to-guess/);
  });
});
