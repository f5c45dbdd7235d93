import assert from 'node:assert/strict';
import { KpiSet } from '../../../src/domain/kpis/kpi-set';
import { DEFAULT_KPI_SETTINGS } from '../../../src/domain/kpis/settings';
import { normalizeReading, type NormalizeContext } from '../../../src/domain/quality/normalize';
import { OPC_QUALITY_CODES, opcQualityCode, QUALITIES, QUALITY_REASONS } from '../../../src/domain/quality/quality';
import type { CounterReason, DerivedReason, QualityReason } from '../../../src/domain/quality/quality';
import type { Reading, ReadingBlock } from '../../../src/domain/messages/reading';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { absentMetrics, wiringRow } from '../../../src/domain/quality/wiring';
import { PointMapper } from '../../../src/influx/points';
import { CATALOG } from '../../../src/metrics/catalog';
import { WIRING_MODES } from '../../../src/meters/pm500/identity';
import { WIRED_METRICS, WIRING_ROWS } from '../../../src/meters/pm500/wiring-modes';
import { metricsOf } from '../../../src/sparkplug/metrics/metrics';
import { seededRandom } from '../../../src/support/random';
import { READ_AT, sampleReading } from '../../../testkit/meters/readings';
import { telemetryOf } from '../../../testkit/meters/telemetry';
import { PM500 } from '../../../src/meters/pm500';

const REASONS = Object.keys(QUALITY_REASONS) as QualityReason[];
const NAME = 'voltage_l2_n';

function sampleOf(change: Partial<ReadingBlock>, context: NormalizeContext = {}, meter = {}): Sample {
  const source = sampleReading([101], seededRandom(1));
  const [block] = source.blocks;
  assert.ok(block !== undefined);
  const reading: Reading = { ...source, meter: { ...source.meter, ...meter }, blocks: [{ ...block, ...change }] };
  const sample = normalizeReading(reading, context).metrics[NAME];
  assert.ok(sample !== undefined);
  return sample;
}

const verdict = (word: 'confirmed' | 'contradicted' | 'undecided'): NormalizeContext => ({
  layoutVerdicts: new Map([[NAME, word]]),
});
const error = (code: 'METER_SIZE_MISMATCH' | 'ENIP_REPLY_TIMEOUT'): Partial<ReadingBlock> => ({
  values: {},
  error: { code, message: 'It failed.' },
});

/** How every reason of a read value comes about; those of derived values are in energy-deltas.test.ts. */
const CASES: Readonly<Record<Exclude<QualityReason, DerivedReason>, () => Sample>> = {
  read_failed: () => sampleOf(error('ENIP_REPLY_TIMEOUT')),
  size_mismatch: () => sampleOf(error('METER_SIZE_MISMATCH')),
  not_a_number: () => sampleOf({ values: { [NAME]: null }, problems: { [NAME]: 'not_a_number' } }),
  overload: () => sampleOf({ values: { [NAME]: null }, problems: { [NAME]: 'overload' } }),
  out_of_range: () => sampleOf({ values: { [NAME]: -1 } }),
  not_in_wiring: () => sampleOf({}, { absent: absentMetrics(PM500, '1P') }),
  layout_contradicted: () => sampleOf({}, verdict('contradicted')),
  clock_doubtful: () => sampleOf({ timestamp: Date.UTC(1970, 0, 1) }),
  stale: () => sampleOf({}, { nowMs: READ_AT + 10_001, staleAfterMs: 10_000 }),
  identity_mismatch: () => sampleOf({}, {}, { identityMismatch: true }),
  identity_unknown: () => sampleOf({}, {}, { serialNumber: undefined, catalogNumber: undefined }),
  layout_inferred: () => sampleOf({}),
  layout_assumed: () => sampleOf({ provenance: { [NAME]: 'assumed' } }),
};

/** How the reasons of worked-out values come about, but for those of counters (energy-deltas.test.ts). */
const DERIVED_CASES: Readonly<Record<Exclude<DerivedReason, CounterReason>, () => Sample | undefined>> = {
  period_incomplete: () => {
    const kpis = new KpiSet(DEFAULT_KPI_SETTINGS);
    kpis.update(telemetryOf(READ_AT, { active_energy_import_total: 1000 }));
    return kpis.update(telemetryOf(READ_AT + 60_000, { active_energy_import_total: 1100 }))['active_energy_import_day'];
  },
  undefined_result: () =>
    new KpiSet(DEFAULT_KPI_SETTINGS).update(telemetryOf(READ_AT, { current_l1: 0, current_l2: 0, current_l3: 0 }))[
      'current_unbalance'
    ],
};

describe('quality reasons', () => {
  it('of worked-out values come about too', () => {
    for (const [reason, create] of Object.entries(DERIVED_CASES)) {
      const sample = create();
      assert.deepEqual([sample?.reason, sample?.quality], [reason, QUALITY_REASONS[reason as QualityReason].quality]);
    }
  });

  it('each reach every sink: as OPC code in Sparkplug properties, and as InfluxDB tag or field as chosen', () => {
    for (const reason of REASONS) {
      const { quality, opcCode } = QUALITY_REASONS[reason];
      const value = quality === 'bad' ? null : 230;
      const telemetry = telemetryOf(READ_AT, { voltage_l1_n: value }, 1, { quality, reason });
      const [metric] = metricsOf(telemetry);
      const { qualityCode, qualityReason } = metric?.condition.properties.properties ?? {};
      assert.deepEqual([qualityCode?.value, qualityReason?.value], [opcCode, reason]);
      const of = (place: 'tag' | 'field' | 'none') =>
        new PointMapper({ shape: 'wide', quality: place }).map(telemetry, 'pm').points[0];
      assert.deepEqual([of('tag')?.tags['quality'], of('tag')?.fields['quality_code']], [quality, undefined], reason);
      assert.deepEqual(
        [of('field')?.tags['quality'], of('field')?.fields['quality_code']],
        [undefined, OPC_QUALITY_CODES[quality]],
      );
      assert.deepEqual([of('none')?.tags['quality'], of('none')?.fields['quality_code']], [undefined, undefined]);
      assert.equal(of('tag')?.fields[`bad_${reason}`], quality === 'bad' ? 1 : undefined);
    }
  });

  it('each come about, with the class of their row, and only what is uncertain keeps its value', () => {
    for (const [reason, create] of Object.entries(CASES)) {
      const sample = create();
      assert.deepEqual([sample.reason, sample.quality], [reason, QUALITY_REASONS[sample.reason!].quality], reason);
      assert.equal(sample.value === null, sample.quality === 'bad', reason);
    }
  });

  it('have OPC codes whose class bits are those of their quality', () => {
    for (const reason of REASONS) {
      const { quality, opcCode } = QUALITY_REASONS[reason];
      assert.equal(opcCode & 0xc0, OPC_QUALITY_CODES[quality], reason);
      assert.equal(opcQualityCode(quality, reason), opcCode);
    }
    for (const quality of QUALITIES) assert.equal(opcQualityCode(quality), OPC_QUALITY_CODES[quality]);
    assert.equal(opcQualityCode('good', 'stale'), 192, 'a reason of another class changes nothing');
  });

  it('let what is bad count before what is uncertain', () => {
    const context = {
      nowMs: READ_AT + 60_000,
      staleAfterMs: 1,
      absent: absentMetrics(PM500, '1P'),
      ...verdict('contradicted'),
    } as const;
    assert.equal(sampleOf({}, context).reason, 'not_in_wiring');
    assert.equal(sampleOf({}, { ...context, absent: absentMetrics(PM500, '3PN') }).reason, 'layout_contradicted');
    assert.equal(
      sampleOf({}, { ...context, absent: absentMetrics(PM500, '3PN'), ...verdict('confirmed') }).reason,
      'stale',
    );
    assert.equal(sampleOf(error('METER_SIZE_MISMATCH'), context).reason, 'size_mismatch');
  });

  it('doubt a clock that goes back or ahead, not one that is a little apart', () => {
    const at = (context: NormalizeContext): string | undefined => sampleOf({}, context).reason;
    assert.equal(at({ previousTimestamp: READ_AT + 1_001 }), 'clock_doubtful');
    assert.equal(at({ previousTimestamp: READ_AT + 1_000 }), 'layout_inferred');
    assert.equal(at({ nowMs: READ_AT - 5_001 }), 'clock_doubtful');
    assert.equal(at({ nowMs: READ_AT - 5_000, staleAfterMs: 1 }), 'layout_inferred');
  });

  it('leave a value good whose place the layout check has confirmed', () => {
    assert.equal(sampleOf({}, verdict('confirmed')).quality, 'good');
    assert.equal(sampleOf({}, verdict('undecided')).reason, 'layout_inferred');
  });
});

describe('wiring modes', () => {
  it('name metrics of the catalog, with a source, none of them verified', () => {
    const names = new Set(CATALOG.map(({ name }) => name));
    assert.deepEqual(
      WIRING_ROWS.map(({ mode }) => mode),
      WIRING_MODES,
    );
    for (const { mode, exists, source, provenance } of WIRING_ROWS) {
      for (const name of exists) assert.ok(names.has(name) && WIRED_METRICS.includes(name), `${mode}: ${name}`);
      assert.ok(source.length > 0);
      assert.equal(provenance, 'inferred');
      for (const name of absentMetrics(PM500, mode)) assert.ok(names.has(name), name);
    }
  });

  it('take maxima and demands with the value they belong to', () => {
    assert.deepEqual(
      ['current_l2', 'max_current_l2', 'demand_current_l2'].map((name) => absentMetrics(PM500, '3P2').has(name)),
      [true, true, true],
    );
    assert.equal(absentMetrics(PM500, '3PN').size, 0);
    assert.equal(wiringRow(PM500, '3P1').assumesBalance, true);
  });
});
