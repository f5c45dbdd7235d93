import assert from 'node:assert/strict';
import { siteJsonOf } from '../../../src/domain/shapes/camel-case';
import { flattenTelemetry } from '../../../src/domain/shapes/flat';
import { messagesOf } from '../../../src/domain/shapes/per-metric';
import { UnitConverter } from '../../../src/domain/shapes/units';
import { DEFAULT_MAPPING } from '../../../src/influx/mapping';
import { LineMapper } from '../../../src/influx/line-mapper';
import { PointMapper } from '../../../src/influx/points';
import { pointsShape } from '../../../src/influx/points-shape';
import { DERIVED_METRICS } from '../../../src/metrics/derived-metrics';
import { parseDeviceMessage } from '../../../src/sparkplug/metrics/message';
import { metricsShape } from '../../../src/sparkplug/metrics/metrics-shape';
import { sampleOf, telemetryOf } from '../../../testkit/meters/telemetry';

const AT = Date.UTC(2026, 0, 5, 8);
const telemetry = telemetryOf(AT, {
  active_power_total: 12_345,
  apparent_power_total: 20_000,
  active_energy_import_total: 5_000_000,
  voltage_l1_n: 230.5,
  alarm_1: true,
  frequency: null,
});
const SI = { power: 'W', energy: 'Wh' } as const;

describe('shapes', () => {
  it('change units for the receiver only, all of one kind alike', () => {
    const { metrics } = new UnitConverter({ power: 'kW', energy: 'MWh' }).convert(telemetry);
    assert.deepEqual(
      ['active_power_total', 'apparent_power_total', 'active_energy_import_total', 'voltage_l1_n'].map((name) => [
        metrics[name]?.value,
        metrics[name]?.unit,
      ]),
      [
        [12.345, 'kW'],
        [20, 'kVA'],
        [5, 'MWh'],
        [230.5, 'V'],
      ],
    );
    assert.equal(new UnitConverter(SI).convert(telemetry), telemetry);
    const cost = telemetryOf(AT, { cost_day: 7 });
    assert.equal(new UnitConverter({ ...SI, currency: 'EUR' }).convert(cost).metrics['cost_day']?.unit, 'EUR');
    assert.equal(telemetry.metrics['active_power_total']?.value, 12_345);
  });

  it('flat: names and values', () => {
    assert.deepEqual(flattenTelemetry(telemetryOf(AT, { alarm_1: true, frequency: null })), {
      alarm_1: true,
      frequency: null,
    });
  });

  it('one message per metric, on a topic without separators in its levels', () => {
    const messages = messagesOf({ ...telemetry, meter: { ...telemetry.meter, name: 'a/b' } });
    assert.equal(messages.length, 6);
    assert.deepEqual(messages.at(-1), {
      topic: 'a_b/frequency',
      payload: null,
      metric: 'frequency',
      unit: 'Hz',
      quality: 'bad',
      reason: 'read_failed',
      timestamp: AT,
    });
  });

  it('camelCase: site, time, worst quality, units and reasons', () => {
    const tags = { site: 's', cost_center: '7' };
    assert.deepEqual(
      siteJsonOf({
        ...telemetryOf(AT, { active_power_l1: 1, frequency: null }),
        meter: { name: 'm', host: 'h', tags },
      }),
      {
        meter: 'm',
        tags: { site: 's', costCenter: '7' },
        timestamp: AT,
        time: '2026-01-05T08:00:00.000Z',
        quality: 'bad',
        metrics: { activePowerL1: 1, frequency: null },
        units: { activePowerL1: 'W', frequency: 'Hz' },
        reasons: { frequency: 'read_failed' },
      },
    );
  });

  it('InfluxDB points are those that influx-out writes', () => {
    const mapper = new LineMapper(DEFAULT_MAPPING);
    const defaults = { influxMeasurement: 'm', timestamp: 0 };
    const mixed = {
      ...telemetry,
      metrics: { ...telemetry.metrics, load_factor_day: sampleOf('load_factor_day', 50, AT) },
    };
    const points = pointsShape(mixed, new PointMapper(DEFAULT_MAPPING, DERIVED_METRICS), 'm');
    assert.deepEqual(mapper.map(points, defaults).lines, mapper.map(mixed, defaults).lines);
  });

  it('Sparkplug metrics are those that sparkplug-out would make', () => {
    const shaped = parseDeviceMessage(metricsShape(telemetry), 0);
    const direct = parseDeviceMessage(telemetry, 0);
    assert.equal(shaped.deviceId, direct.deviceId);
    const core = ({ samples }: typeof direct): unknown =>
      samples.map(({ name, type, value, timestamp }) => ({ name, type, value, timestamp }));
    assert.deepEqual(core(shaped), core(direct));
    assert.deepEqual(
      shaped.samples.map(({ condition }) => condition.isGood),
      direct.samples.map(({ condition }) => condition.isGood),
    );
  });
});
