import type { Register } from '../../src/meters/meter-model';
import assert from 'node:assert/strict';
import { metricsOf, planSpans, registerPlans } from '../../src/domain/codec/register-plan';
import { ASSEMBLIES } from '../../src/meters/pm500/assemblies';
import { CATALOG } from '../../src/metrics/catalog';
import { GROUPS } from '../../src/meters/pm500/groups';
import { REGISTERS, STATUS_REGISTERS } from '../../src/meters/pm500/registers';
import { printedRegister, wireAddress } from '../../src/transport/modbus/address';
import { ASSEMBLY_METRICS } from '../../testkit/meters/assembly-metrics';
import { PM500 } from '../../src/meters/pm500';

const METRICS = new Map(CATALOG.map((metric) => [metric.name, metric]));
const ALL_SPANS = [...registerPlans(PM500).values()].flatMap(({ spans }) => spans);

describe('laws of the register plans', () => {
  it('serve groups that exist, and hold every metric of the table once', () => {
    const groups = new Map(GROUPS.map(({ name, assemblies }) => [name, assemblies]));
    assert.deepEqual([...registerPlans(PM500).keys()], ['realtime', 'energy', 'status', 'product']);
    for (const { group, spans } of registerPlans(PM500).values()) {
      const ofGroup = new Set(
        ASSEMBLIES.filter(({ instance }) => groups.get(group)!.includes(instance)).flatMap(({ measurements }) =>
          measurements.map(({ metric }) => metric),
        ),
      );
      for (const metric of spans.flatMap(({ provenance }) => Object.keys(provenance))) {
        if (!ASSEMBLY_METRICS.includes(metric)) continue;
        assert.ok(ofGroup.delete(metric), `${metric} does not belong to ${group}, or stands there twice`);
      }
      // No register of the phase sequence is known; everything else of these groups has one.
      assert.deepEqual([...ofGroup], group === 'realtime' ? ['phase_sequence'] : []);
    }
  });

  it('need five requests for everything', () => {
    assert.deepEqual(
      ALL_SPANS.map(({ register, words }) => [register, words]),
      [
        [300_081, 58],
        [301_281, 36],
        [316_385, 2],
        [300_001, 3],
        [300_033, 7],
      ],
    );
  });

  it('read only registers of the table, never more than 125 at once', () => {
    for (const maximum of [125, 40, 16]) {
      const known = new Set(
        REGISTERS.flatMap(({ register, words }) => Array.from({ length: words }, (_, index) => register + index)),
      );
      for (const span of planSpans(PM500, REGISTERS, maximum)) {
        assert.ok(span.words >= 1 && span.words <= maximum, String(span.register));
        for (let index = 0; index < span.words; index++) assert.ok(known.delete(span.register + index));
        for (const { row, offset } of span.rows) assert.equal(offset, 2 * (row.register - span.register));
      }
      assert.equal(known.size, 0, 'every register stands in one span');
    }
  });

  it('use the units of the catalog, so that no raw number needs a scale', () => {
    for (const row of REGISTERS) {
      if (row.metric === undefined || row.encoding === 'HOURS_MINUTES') continue;
      assert.equal(row.unit ?? '', METRICS.get(row.metric)!.unit, row.metric);
    }
    assert.equal(METRICS.get('run_hours')!.unit, 'h');
  });

  it('use encodings that fit the kind of the metric', () => {
    const kinds: Readonly<Record<string, string>> = {
      REAL: 'gauge',
      ULINT: 'counter',
      HOURS_MINUTES: 'counter',
      REVISION: 'text',
      LETTERS: 'text',
      FLAGS: 'state',
    };
    for (const row of REGISTERS) {
      for (const metric of metricsOf(row)) assert.equal(METRICS.get(metric)?.kind, kinds[row.encoding], metric);
    }
  });

  it('keep every counter exact: its rollover is a whole number below 2^53', () => {
    for (const { metric, encoding } of REGISTERS) {
      if (metric === undefined || encoding !== 'ULINT') continue;
      const { rollover } = METRICS.get(metric)!;
      assert.ok(rollover !== undefined && Number.isSafeInteger(rollover), metric);
    }
  });

  it('take the same bits as assembly 108, which has the same words', () => {
    const rows = ASSEMBLIES.find(({ instance }) => instance === 108)!.measurements;
    const words = STATUS_REGISTERS.filter((row) => row.bitMetrics !== undefined);
    assert.deepEqual(
      words.flatMap((row: Register, element) => metricsOf(row).map((metric, bit) => ({ metric, element, bit }))),
      rows.map(({ metric, element, bit }) => ({ metric, element, bit })),
    );
    for (const { bitMetrics, values } of words) assert.equal(bitMetrics?.length, values?.length);
  });

  it('go to wire addresses by one rule, which is its own inverse', () => {
    // Address pairs of the sister product: 2, 32 and 80.
    assert.deepEqual(
      [300_003, 300_033, 300_081].map((register) => wireAddress(PM500, register)),
      [2, 32, 80],
    );
    assert.equal(wireAddress(PM500, 300_001), 0);
    for (const { register } of REGISTERS) assert.equal(printedRegister(PM500, wireAddress(PM500, register)), register);
  });
});
