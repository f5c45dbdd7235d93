import assert from 'node:assert/strict';
import { parseDeadbands, ReportByException, type ReportSettings } from '../../../src/domain/reporting/deadband';
import type { Value } from '../../../src/domain/messages/reading';
import type { Sample } from '../../../src/domain/messages/telemetry';
import { CATALOG } from '../../../src/metrics/catalog';
import { ALL_METRICS } from '../../../src/metrics/derived-metrics';
import { seededRandom } from '../../../src/support/random';
import { sampleOf, telemetryOf } from '../../../testkit/meters/telemetry';

const METRICS = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));

function isNone(value: Value): boolean {
  return value === null;
}

/** One metric, one value a second: which of them pass. */
function passed(name: string, values: readonly Value[], settings: ReportSettings = {}): Value[] {
  const report = new ReportByException(settings);
  return values.flatMap((value, second) => {
    const at = second * 1000;
    return Object.values(report.filter(telemetryOf(at, { [name]: value }), at)?.metrics ?? {}).map(
      (sample) => sample.value,
    );
  });
}

describe('report by exception', () => {
  it('takes the deadbands of the table: percent of the last report, or absolute', () => {
    assert.deepEqual(METRICS.get('voltage_l1_n')?.deadband, { percent: 0.1 });
    assert.deepEqual(passed('voltage_l1_n', [200, 200.2, 200.21, 200.3, 200, 199]), [200, 200.21, 200, 199]);
    assert.deepEqual(METRICS.get('frequency')?.deadband, { absolute: 0.01 });
    assert.deepEqual(passed('frequency', [50, 50.009, 50.02, 50.025]), [50, 50.02]);
    assert.deepEqual(passed('active_energy_import_total', [5, 5, 6, 6]), [5, 6]);
  });

  it('compares with what was reported, so that a slow drift is not lost', () => {
    const drift = Array.from({ length: 1001 }, (_, index) => 50 + index * 0.001);
    const reported = passed('frequency', drift);
    assert.ok(reported.length > 80 && reported.length < 100, String(reported.length));
  });

  it('lets states and texts pass when they differ', () => {
    assert.deepEqual(passed('alarm_1', [false, false, true, true]), [false, true]);
    assert.deepEqual(passed('firmware_base', ['A.1', 'A.1', 'A.2']), ['A.1', 'A.2']);
  });

  it("takes a site's deadbands instead; with both members the wider band counts", () => {
    const deadbands = { current_l1: { percent: 1, absolute: 2 } };
    assert.deepEqual(
      passed('current_l1', [0, 1, 2, 2.1, 100, 101.5, 102.5, 1000, 1009, 1011], { deadbands }),
      [0, 2.1, 100, 102.5, 1000, 1011],
    );
  });

  it('always lets a change of quality or its reason pass, within the minimum interval too', () => {
    const report = new ReportByException({ minIntervalMs: 60_000 });
    const changes: readonly Partial<Sample>[] = [
      {},
      {},
      { quality: 'uncertain', reason: 'layout_inferred' },
      { quality: 'uncertain', reason: 'stale' },
      { quality: 'uncertain', reason: 'stale' },
      { value: null, quality: 'bad', reason: 'read_failed' },
      {},
    ];
    const seen = changes.map((change, second) => {
      const telemetry = telemetryOf(second * 1000, { frequency: 50 }, undefined, change);
      return report.filter(telemetry, second * 1000) !== undefined;
    });
    assert.deepEqual(seen, [true, false, true, true, false, true, true]);
  });

  it('reports a change after the minimum interval, and what does not change after the maximum one', () => {
    const values = [50, 51, 52, 53, 53, 53, 53, 53, 53, 53, 53, 53, 53, 53];
    const settings = { minIntervalMs: 3000, maxIntervalMs: 5000 };
    assert.deepEqual(passed('frequency', values, settings), [50, 53, 53, 53]);
  });

  it('lets every delta pass, because two equal amounts are two amounts; a zero only once', () => {
    const settings = { minIntervalMs: 60_000 };
    assert.deepEqual(passed('energy_delta_active_import_total', [7, 7, 7, 0, 0, 7], settings), [7, 7, 7, 7]);
    assert.deepEqual(passed('energy_delta_active_import_total', [7, 0, 0, 7]), [7, 0, 7]);
  });

  it('sends everything on demand, and counts it as reported', () => {
    const report = new ReportByException();
    const telemetry = telemetryOf(0, { frequency: 50, voltage_l1_n: 230 });
    assert.deepEqual(report.filter(telemetry, 0), telemetry);
    assert.equal(report.filter(telemetry, 0), undefined);
    assert.deepEqual(report.filter(telemetry, 0, true), telemetry);
    assert.equal(report.filter(telemetry, 0), undefined);
    report.reset();
    assert.deepEqual(report.filter(telemetry, 0), telemetry);
  });

  it("knows the deadbands of a site's own metrics", () => {
    const own = { ...CATALOG[0]!, name: 'voltage_asymmetry', deadband: { absolute: 5 } };
    assert.deepEqual(passed('voltage_asymmetry', [1, 5, 7], { definitions: [own] }), [1, 7]);
    assert.deepEqual(passed('voltage_asymmetry', [1, 1.1, 1.1]), [1, 1.1], 'without one every change counts');
  });

  it('never strays further from the truth than the band, and loses no last change for longer than the maximum interval', () => {
    for (let seed = 0; seed < 100; seed++) {
      const random = seededRandom(seed);
      const [minIntervalMs, maxIntervalMs] = [Math.floor(random() * 4000), 5000 + Math.floor(random() * 10_000)];
      const report = new ReportByException({
        minIntervalMs,
        maxIntervalMs,
        deadbands: { frequency: { absolute: 0.5 } },
      });
      let [shown, shownAt, truth, truthAt, now]: [Value, number, Value, number, number] = [null, 0, null, 0, 0];
      const show = (sample: Sample | undefined): void => {
        if (sample !== undefined) [shown, shownAt] = [sample.value, now];
      };
      for (let step = 0; step < 400; step++) {
        now += Math.floor(random() * 1500);
        if (random() < 0.6) {
          const value: Value = random() < 0.05 ? null : Math.round(random() * 40) / 10;
          if (value !== truth) truthAt = now;
          truth = value;
          show(report.filter(telemetryOf(now, { frequency: value }), now)?.metrics['frequency']);
          const strays = typeof shown === 'number' && typeof truth === 'number' && Math.abs(shown - truth) > 0.5;
          assert.ok(!strays || now - shownAt < Math.max(1, minIntervalMs), `seed ${seed} step ${step}`);
          assert.equal(isNone(shown), isNone(truth), 'quality does not wait');
        } else show(report.flush(now)?.['frequency']);
        // Whoever calls one of both has the last value at the latest a maximum interval after the last report.
        assert.ok(shown === truth || now - shownAt < maxIntervalMs || truthAt === now, `seed ${seed} step ${step}`);
      }
      now += maxIntervalMs;
      show(report.flush(now)?.['frequency']);
      assert.equal(shown, truth);
    }
  });

  it('changes no sample and no telemetry', () => {
    const telemetry = Object.freeze({
      ...telemetryOf(0, {}),
      metrics: Object.freeze({ frequency: Object.freeze(sampleOf('frequency', 50, 0)) }),
    });
    const report = new ReportByException();
    assert.equal(report.filter(telemetry, 0)?.metrics['frequency'], telemetry.metrics.frequency);
  });
});

describe('deadbands of a site', () => {
  it('are read; what cannot be used is said in one sentence, and the rest is kept', () => {
    const { deadbands, problems } = parseDeadbands(
      {
        frequency: { absolute: 0.1 },
        voltage: { percent: 1 },
        current_l1: { percent: -1 },
        current_l2: { percentage: 1 },
        current_l3: {},
        power_factor_l1: 3,
      },
      METRICS,
    );
    assert.deepEqual(deadbands, { frequency: { absolute: 0.1 } });
    assert.deepEqual(
      problems.map((problem) => problem.split(', expected')[0]),
      [
        'deadbands is "voltage"',
        'deadbands.current_l1.percent is -1',
        'deadbands.current_l2.percentage is 1',
        'deadbands.current_l3 is an object',
        'deadbands.power_factor_l1 is 3',
      ],
    );
    assert.deepEqual(parseDeadbands(undefined, METRICS), { deadbands: {}, problems: [] });
    assert.match(parseDeadbands([], METRICS).problems[0]!, /^deadbands is an array, expected an object; correct/);
  });
});
