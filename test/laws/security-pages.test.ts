import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DOCTOR_CHECKS } from '../../src/doctor/checks';
import { ROOT } from '../../testkit/root';
import { alertRules } from '../../tools/alerts/rules';
import { securityPages } from '../../tools/security/pages';
import { DEBIAN_PORTS, METER_PORTS, STACK_PORTS } from '../../tools/security/ports';
import { FOUNDATIONS, REQUIREMENTS } from '../../tools/security/requirements';
import { ACCEPTED, BOUNDARIES, THREAT_KINDS, THREATS } from '../../tools/security/threats';

/** How many component requirements each foundational one has in IEC 62443-4-2:2019, those of devices included. */
const REQUIREMENTS_OF: Readonly<Record<string, number>> = { 1: 14, 2: 13, 3: 14, 4: 3, 5: 3, 6: 2, 7: 8 };

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');

/** Every check that a page names; other words in such quotes have no hyphen, or are none of the doctor's. */
const checksIn = (page: string): ReadonlySet<string> => {
  const words = new Set([...page.matchAll(/`([a-z][a-z0-9-]+)`/g)].map(([, word = '']) => word));
  return new Set(DOCTOR_CHECKS.map(({ id }) => id).filter((id) => words.has(id)));
};

function portsOfCompose(): readonly (readonly [string, number])[] {
  const { services } = parse(read('deploy/compose/compose.yaml')) as {
    services: Record<string, { ports?: readonly string[] }>;
  };
  return Object.entries(services).flatMap(([name, { ports = [] }]) =>
    ports.map((text): readonly [string, number] => [name, Number(/:(\d+)$/.exec(text)?.[1])]),
  );
}

describe('docs/security', () => {
  it('is what the rows say now', () => {
    for (const [path, text] of securityPages()) {
      assert.equal(readFileSync(path, 'utf8'), text, `${path}: run npx tsx tools/security/main.ts`);
    }
  });

  it('every mitigation and every requirement that is met here names tests that are there', () => {
    const rows = [
      ...THREATS.map(({ threat, proofs }) => ({ of: threat, proofs })),
      ...REQUIREMENTS.map(({ cr, proofs = [] }) => ({ of: `CR ${cr}`, proofs })),
    ];
    for (const { of, proofs } of rows) {
      for (const { file, title } of proofs) {
        assert.ok(existsSync(join(ROOT, file)), `${of}: ${file}`);
        assert.ok(title.length > 10, of);
        assert.match(
          read(file),
          new RegExp(`\\b(?:it|describe)\\(\\s*['"\`][^\\n]*?${escaped(title)}`),
          `${of}: ${file}`,
        );
      }
    }
    for (const { threat, proofs } of THREATS) assert.ok(proofs.length > 0, threat);
    for (const { cr, by, proofs = [] } of REQUIREMENTS) {
      if (by.includes('component')) assert.ok(proofs.length > 0, `CR ${cr}`);
    }
  });

  it('looks at every boundary and every kind of threat, and says who lives with the rest', () => {
    const all = [...THREATS, ...ACCEPTED];
    for (const [id] of BOUNDARIES)
      assert.ok(
        THREATS.some(({ at }) => at === id),
        id,
      );
    for (const kind of THREAT_KINDS)
      assert.ok(
        all.some((row) => row.kind === kind),
        kind,
      );
    for (const { threat, acceptedBy, site, why } of ACCEPTED) {
      assert.ok(acceptedBy.length > 5 && site.length > 20 && why.length > 10, threat);
    }
  });

  it('has every component requirement once, and claims no level', () => {
    const numbers = REQUIREMENTS.flatMap(({ cr }) => {
      const [first = '', last = first] = cr.split('-');
      const [foundation = '', from] = first.split('.');
      const to = Number(last.split('.')[1]);
      return Array.from({ length: to - Number(from) + 1 }, (_, index) => `${foundation}.${Number(from) + index}`);
    });
    const wanted = Object.entries(REQUIREMENTS_OF).flatMap(([foundation, count]) =>
      Array.from({ length: count }, (_, index) => `${foundation}.${index + 1}`),
    );
    assert.deepEqual(numbers, wanted);
    assert.deepEqual(Object.keys(FOUNDATIONS), Object.keys(REQUIREMENTS_OF));
    const page = read('docs/security/iec-62443.md');
    assert.match(page, /Nobody has certified this product, and no security level is claimed/);
    for (const row of REQUIREMENTS.filter(({ by }) => by.includes('nobody'))) assert.match(row.how, /^Not claimed/);
  });

  it('the ports of the stack are those that its files open', () => {
    assert.deepEqual(
      portsOfCompose(),
      STACK_PORTS.map(({ service, port }) => [service, port]),
    );
    const [, line = ''] = /for pair in (.*); do/.exec(read('deploy/debian/bootstrap.sh')) ?? [];
    const debian = line.split(' ').flatMap((pair) => Number(/^\d+/.exec(pair)?.[0] ?? 8883));
    const known = [...STACK_PORTS, ...DEBIAN_PORTS].map(({ port }) => port);
    assert.deepEqual(
      debian.filter((port) => !known.includes(port)),
      [],
    );
    for (const { port } of DEBIAN_PORTS) assert.ok(debian.includes(port), String(port));
    assert.deepEqual([...new Set(METER_PORTS.map(({ port }) => port))], [44_818, 2222, 502]);
  });

  it('the guide to hardening names every check of the doctor about security and certificates that a step would mend', () => {
    const named = checksIn(read('docs/security/hardening.md'));
    const wanted = DOCTOR_CHECKS.filter(({ area }) => area === 'security').map(({ id }) => id);
    assert.deepEqual(
      wanted.filter((id) => !named.has(id)),
      [],
    );
  });

  it('the guide to hardening and the page of services name no check that is not there', () => {
    for (const page of ['docs/security/hardening.md', 'docs/operating.md']) {
      const cells = [...read(page).matchAll(/\| ((?:`[a-z0-9-]+`(?:, )?)+) *\|$/gm)];
      const ids = cells.flatMap(([, cell = '']) => cell.split(', ').map((word) => word.replaceAll('`', '')));
      assert.ok(ids.length > 3, page);
      for (const id of ids)
        assert.ok(
          DOCTOR_CHECKS.some((check) => check.id === id),
          `${page}: ${id}`,
        );
    }
  });
});

describe('docs/incident-response.md', () => {
  const page = read('docs/incident-response.md');

  it('asks persons for what the doctor asks them for', () => {
    const people = DOCTOR_CHECKS.filter(({ area }) => area === 'people').map(({ id }) => id);
    const readiness = page.slice(page.indexOf('## Readiness'));
    assert.deepEqual([...checksIn(readiness)].sort(), [...people].sort());
  });

  it('names alerts that there are, and has four severities with a time each', () => {
    const alerts = new Set<string>(alertRules().map(({ id }) => id));
    const named = [...page.matchAll(/_([A-Z][a-z]+(?:[A-Z][a-z]+)+)_/g)].map(([, name = '']) => name);
    assert.ok(named.length >= 3);
    for (const name of named) assert.ok(alerts.has(name), name);
    for (const severity of [1, 2, 3, 4])
      assert.match(page, new RegExp(`^\\| ${severity} .*\\b(?:min|day|week)\\b`, 'm'));
  });
});

describe('links of the pages about security and operating', () => {
  const anchor = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(/\s/g, '-');

  it('lead somewhere', () => {
    const pages = [...securityPages().keys()].map((path) => path.slice(ROOT.length + 1));
    const own = ['docs/security/hardening.md', 'docs/security/verify-a-release.md'];
    for (const page of [...pages, ...own, 'docs/operating.md', 'docs/incident-response.md']) {
      for (const [, link = ''] of read(page).matchAll(/\]\((?!https:)([^)]+)\)/g)) {
        const [path = '', fragment] = link.split('#');
        const target = path === '' ? page : join(page, '..', path);
        assert.ok(existsSync(join(ROOT, target)), `${page}: ${link}`);
        if (fragment === undefined) continue;
        const anchors = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchor(heading));
        assert.ok(anchors.includes(fragment), `${page}: ${link}`);
      }
    }
  });
});
