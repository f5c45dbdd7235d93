import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SAMPLE_IDENTITY } from '../../src/doctor/sample-identity';
import { ROOT } from '../../testkit/root';
import { filesBelow } from '../../testkit/source-files';

type Entry = Readonly<Record<string, unknown>>;

/** What says who and where a meter is. */
const IDENTITY = ['name', 'site', 'area', 'line', 'asset'];
const FLOWS = filesBelow('flows', '.json').map((path) => ({
  path,
  entries: JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as readonly Entry[],
}));

const wordsOf = (meter: Entry): readonly unknown[] => IDENTITY.map((name) => meter[name]);

/** The meters of a flow: its nodes, and the rows of its lists. */
function metersOf(entries: readonly Entry[]): readonly Entry[] {
  const nodes = entries.filter(({ type }) => type === 'pm500-meter');
  const rows = entries.flatMap(({ type, source, fleet }) =>
    type === 'pm500-poll' && source === 'list' && Array.isArray(fleet) ? (fleet as readonly Entry[]) : [],
  );
  return [...nodes, ...rows];
}

describe('names of the sample', () => {
  it('are borne by every meter of every reference flow, so that one that was pointed at a real meter is found', () => {
    const meters = FLOWS.flatMap(({ path, entries }) => metersOf(entries).map((meter) => ({ path, meter })));
    assert.ok(meters.length > 20);
    const without = meters.filter(
      ({ meter }) => !wordsOf(meter).some((word) => SAMPLE_IDENTITY.includes(String(word))),
    );
    assert.deepEqual(
      without.map(({ path, meter }) => `${path}: ${String(meter['name'])}`),
      [],
    );
  });

  it('are the groups of their edge nodes, too', () => {
    const groups = FLOWS.flatMap(({ entries }) => entries.filter(({ type }) => type === 'sparkplug-edge')).map(
      ({ groupId }) => String(groupId),
    );
    assert.ok(groups.length > 2);
    for (const group of groups) assert.ok(SAMPLE_IDENTITY.includes(group), group);
  });

  it('are all borne by one of them: no name of a site is taken for one', () => {
    const borne = new Set(
      FLOWS.flatMap(({ entries }) => [...metersOf(entries).flatMap(wordsOf), ...entries.map(({ groupId }) => groupId)]),
    );
    for (const word of SAMPLE_IDENTITY) assert.ok(borne.has(word), word);
  });
});
