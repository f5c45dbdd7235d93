import assert from 'node:assert/strict';
import type { Mapping } from '../../src/influx/mapping';
import { PointMapper, type TelemetryPoints } from '../../src/influx/points';
import { TELEMETRY_SCHEMA, type Sample, type Telemetry } from '../../src/domain/messages/telemetry';
import { CATALOG } from '../../src/metrics/catalog';

const TIMESTAMP = 1_767_600_000_123;

const sample = (value: Sample['value'], quality: Sample['quality'] = 'good'): Sample => ({
  value,
  unit: '',
  quality,
  provenance: 'verified',
  timestamp: TIMESTAMP + 7,
});

const telemetry = (metrics: Telemetry['metrics'], tags: Record<string, string> = {}): Telemetry => ({
  schema: TELEMETRY_SCHEMA,
  meter: { name: 'main', host: '127.0.0.1', tags },
  timestamp: TIMESTAMP,
  metrics,
});

const telemetryToPoints = (given: Telemetry, influxMeasurement: string): TelemetryPoints =>
  new PointMapper().map(given, influxMeasurement);

describe('telemetry as points', () => {
  it('makes one wide point of values of one quality', () => {
    const metrics = { voltage_l1_n: sample(230), alarm_1: sample(true), firmware_main: sample('A.7') };
    assert.deepEqual(telemetryToPoints(telemetry(metrics, { site: 's', asset: 'a' }), 'pm'), {
      mistyped: 0,
      points: [
        {
          influxMeasurement: 'pm',
          tags: { site: 's', asset: 'a', meter: 'main', quality: 'good' },
          fields: { voltage_l1_n: 230, alarm_1: true, firmware_main: 'A.7' },
          timestamp: TIMESTAMP,
        },
      ],
    });
  });

  it('never puts a value that is not trusted among good ones', () => {
    const metrics = {
      voltage_l1_n: sample(230),
      current_l1: sample(5, 'uncertain'),
      frequency: sample(99, 'bad'),
      voltage_l2_n: sample(231),
    };
    const { points } = telemetryToPoints(telemetry(metrics), 'pm');
    assert.deepEqual(
      points.map(({ tags, fields }) => [tags['quality'], fields]),
      [
        ['good', { voltage_l1_n: 230, voltage_l2_n: 231 }],
        ['uncertain', { current_l1: 5 }],
        ['bad', { bad_unexplained: 1 }],
      ],
    );
    assert.ok(points.every(({ timestamp }) => timestamp === TIMESTAMP));
  });

  it('leaves out what has no value, and makes no point of nothing', () => {
    assert.deepEqual(telemetryToPoints(telemetry({ frequency: sample(null) }), 'pm'), { mistyped: 0, points: [] });
    assert.deepEqual(telemetryToPoints(telemetry({}), 'pm').points, []);
  });

  it('says how many values are bad and why, so that an outage is not silence', () => {
    const failed: Sample = { ...sample(null, 'bad'), reason: 'read_failed' };
    const metrics = {
      voltage_l1_n: failed,
      voltage_l2_n: failed,
      current_l1: { ...sample(null, 'bad'), reason: 'overload' } as const,
      alarm_1: sample(true),
    };
    const { points } = telemetryToPoints(telemetry(metrics), 'pm');
    assert.deepEqual(
      points.map(({ tags, fields }) => [tags['quality'], fields]),
      [
        ['good', { alarm_1: true }],
        ['bad', { bad_read_failed: 2, bad_overload: 1 }],
      ],
    );
  });

  it('does not let a tag of the meter claim another name or quality', () => {
    const metrics = { current_l1: sample(5, 'uncertain') };
    const [point] = telemetryToPoints(telemetry(metrics, { meter: 'other', quality: 'good' }), 'pm').points;
    assert.deepEqual(point?.tags, { meter: 'main', quality: 'uncertain' });
  });

  it('follows the tags of a meter, also when the same object changes', () => {
    const mapper = new PointMapper();
    const tags: Record<string, string> = { site: 'a', area: 'x' };
    const given = telemetry({ voltage_l1_n: sample(230) }, tags);
    const tagsNow = (): unknown => mapper.map(given, 'pm').points[0]?.tags;
    const common = { meter: 'main', quality: 'good' };
    assert.deepEqual(tagsNow(), { site: 'a', area: 'x', ...common });
    tags['site'] = 'b';
    assert.deepEqual(tagsNow(), { site: 'b', area: 'x', ...common });
    delete tags['area'];
    assert.deepEqual(tagsNow(), { site: 'b', ...common });
    tags['line'] = '1';
    assert.deepEqual(tagsNow(), { site: 'b', line: '1', ...common });
    assert.equal(tagsNow(), tagsNow(), 'one object while nothing changes');
  });

  it('keeps the type of every canonical field, whatever value comes', () => {
    const values = { float: 1, boolean: true, string: 'x' };
    for (const { name, influxType } of CATALOG) {
      for (const [type, value] of Object.entries(values)) {
        const { points, mistyped } = telemetryToPoints(telemetry({ [name]: sample(value) }), 'pm');
        assert.deepEqual([points.length, mistyped], type === influxType ? [1, 0] : [0, 1], `${name} as ${type}`);
      }
    }
  });

  it('takes metrics that only a layout of the site has', () => {
    const { points } = telemetryToPoints(telemetry({ oil_level: sample(3), oil_ok: sample(false) }), 'pm');
    assert.deepEqual(points[0]?.fields, { oil_level: 3, oil_ok: false });
  });

  describe('in other shapes', () => {
    const metrics = {
      voltage_l1_n: sample(230),
      voltage_l2_n: sample(231, 'uncertain'),
      current_l1: sample(5),
      frequency: sample(50),
      max_voltage_l1_n: sample(240),
      active_power_total: { ...sample(null, 'bad'), reason: 'overload' } as const,
    };
    const shown = (mapping: Mapping): unknown[] =>
      new PointMapper(mapping)
        .map(telemetry(metrics), 'pm')
        .points.map(({ tags, fields }) => [tags['phase'], tags['quality'], fields]);

    it('has one point for each phase and quality', () => {
      assert.deepEqual(shown({ shape: 'long', quality: 'tag' }), [
        ['l1', 'good', { voltage_ln: 230, current: 5, max_voltage_ln: 240 }],
        [undefined, 'good', { frequency: 50 }],
        ['l2', 'uncertain', { voltage_ln: 231 }],
        [undefined, 'bad', { bad_overload: 1 }],
      ]);
    });

    it('has the worst quality of a point as a field', () => {
      const { voltage_l1_n, voltage_l2_n, ...others } = {
        voltage_l1_n: 230,
        voltage_l2_n: 231,
        current_l1: 5,
        frequency: 50,
        max_voltage_l1_n: 240,
        bad_overload: 1,
        quality_code: 64,
      };
      assert.deepEqual(shown({ shape: 'wide', quality: 'field' }), [
        [undefined, undefined, { voltage_l1_n, voltage_l2_n, ...others }],
      ]);
      assert.deepEqual(shown({ shape: 'long', quality: 'field' }), [
        ['l1', undefined, { voltage_ln: 230, current: 5, max_voltage_ln: 240, quality_code: 192 }],
        ['l2', undefined, { voltage_ln: 231, quality_code: 64 }],
        [undefined, undefined, { frequency: 50, bad_overload: 1, quality_code: 192 }],
      ]);
    });

    it('says that a point of missing values only is bad', () => {
      const bad = telemetry({ frequency: sample(null, 'bad') });
      const [point] = new PointMapper({ shape: 'wide', quality: 'field' }).map(bad, 'pm').points;
      assert.deepEqual(point?.fields, { bad_unexplained: 1, quality_code: 0 });
    });

    it('leaves quality out where that was chosen, and bad values in any case', () => {
      const [[, , fields] = []] = shown({ shape: 'wide', quality: 'none' }) as [unknown, unknown, object][];
      assert.deepEqual(Object.keys(fields ?? {}).sort(), [
        'bad_overload',
        'current_l1',
        'frequency',
        'max_voltage_l1_n',
        'voltage_l1_n',
        'voltage_l2_n',
      ]);
    });

    it('puts derived metrics into a measurement of their own, of the type that the table gives them', () => {
      const [frequency] = CATALOG.filter(({ name }) => name === 'frequency');
      assert.ok(frequency);
      const mapper = new PointMapper(undefined, [{ ...frequency, name: 'unbalance' }]);
      const given = { frequency: sample(50), unbalance: sample(2), ...{ bad: sample(null, 'bad') } };
      const { points } = mapper.map(telemetry(given), 'pm');
      assert.deepEqual(
        points.map(({ influxMeasurement, fields }) => [influxMeasurement, fields]),
        [
          ['pm', { frequency: 50 }],
          ['pm_kpi', { unbalance: 2 }],
          ['pm', { bad_unexplained: 1 }],
        ],
      );
      assert.equal(mapper.map(telemetry({ unbalance: sample('much') }), 'pm').mistyped, 1);
    });
  });
});
