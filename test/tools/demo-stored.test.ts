import { strict as assert } from 'node:assert';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { comparePublished, compareStored } from '../../tools/demo/compare';
import { collect, type Row } from '../../tools/demo/stored-samples';
import type { SeenMetric } from '../../tools/demo/sparkplug-watch';
import { countPoints } from '../../tools/demo/telemetry-watch';
import { telemetryOf } from '../../testkit/meters/telemetry';

const AT = 1_767_600_000_000;

const row = (field: string, value: unknown, tag = 'good', timestamp = AT): Row => ({ field, value, tag, timestamp });

describe('what a database holds of the demo', () => {
  const good = telemetryOf(AT, { frequency: 50, voltage_unbalance: 0.5 });
  const overloaded = telemetryOf(AT + 1000, { frequency: null, voltage_unbalance: null }, undefined, {
    reason: 'overload',
  });
  const read = [row('frequency', 50), row('bad_overload', 1, 'bad', AT + 1000)];
  const derived = [row('voltage_unbalance', 0.5), row('bad_overload', 1, 'bad', AT + 1000)];
  const differences = (
    telemetries: readonly Telemetry[],
    rows: Partial<Record<'read' | 'derived', readonly Row[]>>,
  ): readonly string[] =>
    compareStored(telemetries, collect({ read: [], derived: [], alarms: [], ...rows })).differences;

  it('agrees: values with their quality, bad ones counted, read and derived apart', () => {
    assert.deepEqual(differences([good, overloaded], { read, derived }), []);
    assert.deepEqual(collect({ read, derived, alarms: [] }).repeated, []);
    assert.equal(countPoints([good, overloaded]), 4);
  });

  it('misses every row that is not there', () => {
    for (const missing of read) {
      assert.equal(
        differences([good, overloaded], { read: read.filter((each) => each !== missing), derived }).length,
        1,
      );
    }
    for (const missing of derived) {
      assert.equal(
        differences([good, overloaded], { read, derived: derived.filter((each) => each !== missing) }).length,
        1,
      );
    }
  });

  it('sees another quality, another number, and a number where there is none', () => {
    assert.match(
      differences([good], { read: [row('frequency', 50, 'uncertain')], derived })[0] ?? '',
      /of quality uncertain/,
    );
    assert.match(differences([good], { read: [row('frequency', 51)], derived })[0] ?? '', /is 51, expected 50/);
    const invented = [...read, row('frequency', 50, 'good', AT + 1000)];
    assert.match(differences([overloaded], { read: invented, derived })[0] ?? '', /expected nothing: it was bad/);
  });

  it('sees a count of bad values that is wrong, or for which there was no reason', () => {
    assert.match(
      differences([good], { read: [...read, row('bad_stale', 1, 'bad')], derived })[0] ?? '',
      /bad_stale .* expected none/,
    );
    const twice = [row('frequency', 50), row('bad_overload', 2, 'bad', AT + 1000)];
    assert.match(differences([overloaded], { read: twice, derived })[0] ?? '', /is 2, expected 1/);
  });

  it('keeps one count of two readings that have the same time', () => {
    const other = telemetryOf(AT + 1000, { voltage_l1_n: null, voltage_l2_n: null }, undefined, { reason: 'overload' });
    for (const count of [1, 2]) {
      const kept = [row('bad_overload', count, 'bad', AT + 1000)];
      assert.deepEqual(differences([overloaded, other], { read: kept, derived }), []);
    }
  });

  it('finds what was written twice, and keeps two alarms of one time apart', () => {
    const alarm = (id: string, active: number): Row[] => [row('active', active, id), row('since', AT - 1, id)];
    const alarms = [...alarm('phase_loss_l1', 1), ...alarm('voltage_unbalance_high', 0)];
    const stored = collect({ read, derived, alarms });
    assert.deepEqual(stored.repeated, []);
    assert.deepEqual(stored.alarms, [
      { id: 'phase_loss_l1', timestamp: AT, isActive: true, since: AT - 1 },
      { id: 'voltage_unbalance_high', timestamp: AT, isActive: false, since: AT - 1 },
    ]);
    const twice = collect({
      read: [...read, row('frequency', 50, 'uncertain')],
      derived,
      alarms: [...alarms, ...alarms],
    });
    assert.equal(twice.repeated.length, 1 + alarms.length);
  });

  describe('beside what the broker carried', () => {
    const seen = (value: number, timestamp: number, name = 'frequency'): SeenMetric => {
      return { device: 'meter', name, value, timestamp, isHistorical: false, quality: 192, reason: '' };
    };
    const differing = (
      published: readonly SeenMetric[],
      rows: readonly Row[],
      telemetries: readonly Telemetry[] = [],
    ): readonly string[] => {
      const { fields } = collect({ read: rows, derived: [], alarms: [] });
      return comparePublished(published, fields, AT + 60_000, telemetries).differences;
    };
    /** A reading of which an assembly came so much after the first one. */
    const slow = (afterMs: number): Telemetry => {
      const { metrics, ...rest } = good;
      const late = Object.entries(metrics).map(([name, sample]) => [name, { ...sample, timestamp: AT + afterMs }]);
      return { ...rest, metrics: Object.fromEntries(late) as Telemetry['metrics'] };
    };
    const points = [
      row('frequency', 49, 'good', AT - 3000),
      row('frequency', 50),
      row('frequency', 51, 'good', AT + 3000),
    ];

    it('agrees, however long a reading took, whether it was seen or not', () => {
      for (const afterMs of [0, 400, 2500]) {
        assert.deepEqual(differing([seen(50, AT + afterMs)], points, [slow(afterMs)]), []);
        assert.deepEqual(differing([seen(50, AT + afterMs)], points), []);
      }
    });

    it('misses a point, also where the one before has the same value', () => {
      const [before, , after] = points;
      assert.ok(before && after);
      assert.match(
        differing([seen(50, AT + 1500)], [before, after])[0] ?? '',
        /50 on the broker and 49 in the database/,
      );
      assert.match(differing([seen(50, AT + 1500)], [])[0] ?? '', /missing in the database/);
      const same = [row('frequency', 50, 'good', AT - 3000), after];
      assert.match(differing([seen(50, AT + 1500)], same, [slow(1500)])[0] ?? '', /missing in the database/);
    });

    it('sees another value', () => {
      assert.match(differing([seen(51, AT)], points, [good])[0] ?? '', /51 on the broker and 50 in the database/);
      assert.match(differing([seen(51, AT)], points)[0] ?? '', /51 on the broker and 50 in the database/);
    });
  });
});
