import assert from 'node:assert/strict';
import { alarmPoints } from '../../../src/influx/alarm-points';
import { PointMapper } from '../../../src/influx/points';
import { aggregateIn } from '../../../src/influx/tiers/aggregates';
import { figureOf, identifier } from '../../../src/influx/tiers/influxql';
import { sourcesOf } from '../../../src/influx/tiers/sources';
import { POINT_SHAPES, QUALITY_PLACES } from '../../../src/influx/mapping';
import { ALL_METRICS, DERIVED_METRICS, tariffMetrics } from '../../../src/metrics/derived-metrics';
import { AlarmScript } from '../../../testkit/meters/alarms';
import type { Telemetry } from '../../../src/domain/messages/telemetry';

describe('what the tiers are made of', () => {
  const fieldsOf = (place: number): ReadonlyMap<string, string> =>
    new Map(sourcesOf('m', ['peak'])[place]?.fields.map(({ field, type }) => [field, type]));

  it('is every field that a telemetry can become, in each shape, with its type', () => {
    const metrics = Object.fromEntries(
      [...ALL_METRICS, ...tariffMetrics(['peak'])].map(({ name, unit, influxType }, at) => {
        const value = { float: 1, boolean: true, string: 'text' }[influxType];
        const isBad = at % 7 === 3;
        const sample = { unit, timestamp: 1000, provenance: 'verified' } as const;
        return [
          name,
          isBad
            ? { ...sample, value: null, quality: 'bad' as const, reason: 'read_failed' as const }
            : { ...sample, value, quality: 'good' as const },
        ];
      }),
    );
    const telemetry = { meter: { name: 'm', host: 'h', tags: {} }, timestamp: 1000, metrics } as unknown as Telemetry;
    for (const shape of POINT_SHAPES) {
      for (const quality of QUALITY_PLACES) {
        const { points, mistyped } = new PointMapper({ shape, quality }, DERIVED_METRICS).map(telemetry, 'm');
        assert.equal(mistyped, 0);
        for (const { influxMeasurement, fields } of points) {
          const known = fieldsOf(influxMeasurement === 'm' ? 0 : 1);
          for (const [field, value] of Object.entries(fields)) {
            const type = typeof value === 'number' ? 'float' : typeof value;
            assert.equal(known.get(field), type, `${influxMeasurement} ${field}`);
          }
        }
      }
    }
  });

  it('is every field of an alarm', () => {
    const known = fieldsOf(2);
    const rule = {
      id: 'high',
      metric: 'current_l1',
      condition: 'above',
      limit: 100,
      latching: true,
      message: 'Too much.',
    };
    const state = { id: 'on', metric: 'alarm_1', condition: 'equal', limit: true, message: 'On.' };
    const script = new AlarmScript(rule, state);
    const points = [
      ...script.see('current_l1', 150),
      ...script.see('alarm_1', true),
      ...script.see('current_l1', null),
      script.list(),
      ...script.command('acknowledge'),
      ...script.see('current_l1', 50),
      ...script.command('reset'),
    ].flatMap((message) => alarmPoints(message, 'm'));
    assert.deepEqual(
      new Set(points.map(({ fields }) => fields['event'])),
      new Set(['raised', 'unjudged', 'list', 'judged', 'cleared', 'acknowledged']),
    );
    for (const { fields } of points) {
      for (const [field, value] of Object.entries(fields)) {
        assert.equal(known.get(field), typeof value === 'number' ? 'float' : typeof value, field);
      }
    }
  });
});

describe('a figure of a tier', () => {
  it('is the aggregate itself of raw points, and made of aggregates in a tier', () => {
    assert.equal(figureOf('voltage_l1_n', 'mean', 'raw'), 'mean("voltage_l1_n")');
    assert.equal(figureOf('voltage_l1_n', 'mean', '15m'), 'sum("voltage_l1_n_sum") / sum("voltage_l1_n_count")');
    assert.equal(figureOf('voltage_l1_n', 'count', '1m'), 'sum("voltage_l1_n_count")');
    assert.equal(figureOf('voltage_l1_n', 'max', 'day'), 'max("voltage_l1_n_max")');
  });

  it('has names in quotes, whatever is in them', () => {
    assert.equal(identifier('a"b\\c'), '"a\\"b\\\\c"');
  });

  it('is recognized by the end of its name', () => {
    assert.equal(aggregateIn('active_energy_import_last_day_last'), 'last');
    assert.equal(aggregateIn('voltage_l1_n_count'), 'count');
    assert.equal(aggregateIn('active_energy_import_total_spread'), undefined);
  });
});
