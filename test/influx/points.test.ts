import assert from 'node:assert/strict';
import { telemetryToPoints } from '../../src/influx/points';
import { TELEMETRY_SCHEMA, type Sample, type Telemetry } from '../../src/domain/telemetry';
import { CATALOGUE } from '../../src/meter/catalogue';

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

  it('keeps the type of every canonical field, whatever value comes', () => {
    const values = { float: 1, boolean: true, string: 'x' };
    for (const { name, influxType } of CATALOGUE) {
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
});
