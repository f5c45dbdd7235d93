import assert from 'node:assert/strict';
import { parseAttestations, type Attestation } from '../../src/doctor/attestations';
import type { DoctorCheck, Sighting } from '../../src/doctor/check';
import { examine, type DoctorResult } from '../../src/doctor/examine';
import type { SiteFacts } from '../../src/doctor/facts';
import { formatDoctorJunit } from '../../src/doctor/format/junit';
import { formatDoctorPrometheus } from '../../src/doctor/format/prometheus';
import { formatDoctorText } from '../../src/doctor/format/text';
import { plain } from '../../src/support/sentence';
import { throwsWith } from '../../testkit/expect-error';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const FACTS = { nowMs: NOW, packageVersion: '1.2.3' } as SiteFacts;

interface Words {
  readonly findings?: readonly string[];
  readonly unseen?: readonly string[];
  readonly seen?: string;
}

function check(
  id: string,
  { findings = [], unseen = [], seen = 'looked' }: Words,
  change: Partial<DoctorCheck> = {},
): DoctorCheck {
  const look = (): Sighting => ({ findings: findings.map(plain), unseen: unseen.map(plain), seen });
  const words = { title: 'all is well', looksAt: 'it', remedy: 'Mend it.', docs: 'docs/doctor.md' };
  return { id, area: 'host', severity: 'warning', ...words, look, ...change };
}

function one(only: DoctorCheck, attested: readonly object[] = [], ...without: readonly string[]): DoctorResult {
  const words = parseAttestations(JSON.stringify(attested), 'attested.json', [only.id]);
  const [result] = examine([only], FACTS, words, without).results;
  assert.ok(result !== undefined);
  return result;
}

describe('how a check of the doctor ends', () => {
  const person = { name: 'J. Doe', date: '2026-11-01' };

  it('what was not seen is never fine, also where the check itself fails', () => {
    assert.equal(one(check('a', { unseen: ['nobody knows'] })).outcome, 'could not look');
    const broken = check(
      'a',
      {},
      {
        look: () => {
          throw new Error('oh');
        },
      },
    );
    const { outcome, evidence } = one(broken);
    assert.equal(outcome, 'could not look');
    assert.match(evidence[0] ?? '', /the check itself failed \(oh\)/);
    assert.equal(one(check('a', {}), [], 'a').outcome, 'could not look');
  });

  it('a finding stands, whatever a person says, and tells what was not seen beside it', () => {
    const found = one(check('a', { findings: ['It is broken.'], unseen: ['the rest'] }, { attestedDays: 30 }), [
      { id: 'a', ...person },
    ]);
    assert.equal(found.outcome, 'finding');
    assert.deepEqual(found.evidence, ['It is broken.', 'Not looked at: the rest.']);
  });

  it('the newest word of a person counts for its days, where it counts at all', () => {
    const dark = check('a', { unseen: ['no program can see it'] }, { attestedDays: 30 });
    const word = one(dark, [
      { id: 'a', name: 'A. Nother', date: '2026-01-01' },
      { id: 'a', ...person, note: '41 min' },
    ]);
    assert.deepEqual([word.outcome, word.evidence], ['attested', ['J. Doe, 2026-11-01: 41 min']]);
    const old = one(dark, [{ id: 'a', ...person, date: '2026-10-01' }]);
    assert.equal(old.outcome, 'could not look');
    assert.match(old.evidence[1] ?? '', /57 days ago, and it counts for 30/);
    assert.equal(one(dark, [{ id: 'a', ...person, date: '2026-12-24' }]).outcome, 'could not look');
    assert.equal(one(check('a', { unseen: ['dark'] }), [{ id: 'a', ...person }]).outcome, 'could not look');
  });

  it('a file of attestations that is wrong is refused in one sentence', () => {
    const wrong = [
      '[',
      '{}',
      '[1]',
      '[{"id":"b","name":"J","date":"2026-11-01"}]',
      '[{"id":"a","name":"","date":"2026-11-01"}]',
    ];
    for (const text of [
      ...wrong,
      '[{"id":"a","name":"J","date":"soon"}]',
      '[{"id":"a","name":"J","date":"2026-13-41"}]',
    ]) {
      throwsWith(() => parseAttestations(text, 'attested.json', ['a']), 'CONFIG_INVALID');
    }
  });

  it('a thousand findings make twenty sentences, and the worst is told', () => {
    const many = check('a', { findings: Array.from({ length: 1000 }, (_, index) => `Meter ${index} is away.`) });
    const report = examine(
      [many, check('b', { findings: ['Bad.'] }, { severity: 'critical' }), check('c', {})],
      FACTS,
      [],
    );
    assert.equal(report.worst, 'critical');
    assert.deepEqual(report.counts, { ok: 1, finding: 2, attested: 0, 'could not look': 0 });
    assert.equal(report.results[0]?.evidence.length, 21);
    assert.match(report.results[0].evidence[20] ?? '', /^And 980 more/);
    const text = formatDoctorText(report, false);
    assert.ok(text.indexOf('CRITICAL') < text.indexOf('WARNING'));
    assert.match(text, /\n2 findings, the worst critical; 1 fine, 0 attested, 0 could not be looked at\.\n$/);
  });

  it('the same sentence twice is said once, and Prometheus gets gauges', () => {
    const twice = check('a', { findings: ['Away.', 'Away.'] }, { severity: 'critical' });
    const report = examine([twice, check('b', { unseen: ['dark'] })], FACTS, []);
    assert.deepEqual(report.results[0]?.evidence, ['Away.']);
    const lines = formatDoctorPrometheus(report).split('\n');
    assert.ok(lines.includes('pm500_doctor_checks{outcome="could not look"} 1'));
    assert.ok(lines.includes('pm500_doctor_findings{severity="critical"} 1'));
    assert.ok(lines.includes('pm500_doctor_finding{check="a",severity="critical"} 1'));
    assert.ok(lines.includes(`pm500_doctor_time_seconds ${NOW / 1000}`));
  });

  it('control characters of names reach no terminal, whatever the outcome', () => {
    const odd = 'a\u001b[2J\r\n\u009b\u202e\u2028b';
    const person = [{ id: 'c', name: odd, date: '2026-11-01' }];
    const checks = [
      check('a', { findings: [odd] }),
      check('b', { seen: odd }),
      check('c', { unseen: [odd] }, { attestedDays: 30 }),
      check('d', { unseen: [odd] }),
    ];
    const report = examine(checks, FACTS, [{ ...person[0], dateMs: NOW - 1, note: odd } as Attestation]);
    for (const { id, evidence } of report.results) assert.match(evidence.join(''), /a \[2J {5}b/, id);
    assert.doesNotMatch(formatDoctorText(report, true), /[^\n\P{Cc}]|[\u202e\u2028]/u);
  });

  it('JUnit: a finding is a failure, what was not seen is skipped, and odd words stay inside', () => {
    const odd = check('a', { findings: ['"<broken>" & \u0001 \'x\' ]]> .'] });
    const text = formatDoctorJunit(examine([odd, check('b', { unseen: ['dark'] }), check('c', {})], FACTS, []));
    assert.match(text, /tests="3" failures="1" errors="0" skipped="1"/);
    assert.match(text, /message="&quot;&lt;broken&gt;&quot; &amp; {3}&#39;x&#39; \]\]&gt; \."/);
    assert.equal(text.match(/<testcase /g)?.length, 3);
  });
});
