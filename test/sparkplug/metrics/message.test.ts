import assert from 'node:assert/strict';
import { UnitConverter } from '../../../src/domain/shapes/units';
import { CATALOG } from '../../../src/metrics/catalog';
import { parseDeviceMessage } from '../../../src/sparkplug/metrics/message';
import { metricsOf } from '../../../src/sparkplug/metrics/metrics';
import { hasCode } from '../../../src/support/errors';
import { START, telemetry, telemetrySample } from '../../../testkit/sparkplug/samples';

function conditionValues(properties: Readonly<Record<string, { readonly value: unknown }>>): unknown[] {
  return ['Quality', 'qualityCode', 'qualityReason'].map((key) => properties[key]?.value);
}

describe('telemetry as metrics', () => {
  it('takes the datatype of every canonical metric from the catalog', () => {
    for (const metric of CATALOG) {
      const [sample] = metricsOf(telemetry({ [metric.name]: telemetrySample(null, { quality: 'bad' }) }));
      assert.equal(sample?.type, metric.sparkplugType, metric.name);
      const { documentation, tooltip, readOnly, engUnit, engLow, engHigh } = sample.description;
      assert.deepEqual([documentation?.value, tooltip?.value, readOnly?.value], [metric.label, metric.label, true]);
      assert.equal(engUnit?.value, 'V', 'the unit of the sample');
      const range = metric.unit === 'V' ? metric.range : undefined;
      assert.deepEqual([engLow?.value, engHigh?.value], [range?.min, range?.max], metric.name);
    }
  });

  it('gives the range in the unit of the value', () => {
    const [sample] = metricsOf(
      new UnitConverter({ power: 'kW', energy: 'Wh' }).convert(
        telemetry({ active_power_total: telemetrySample(1, { unit: 'W' }) }),
      ),
    );
    const { engUnit, engLow, engHigh } = sample?.description ?? {};
    assert.deepEqual([engUnit?.value, engLow?.value, engHigh?.value], ['kW', -1e7, 1e7]);
  });

  it('takes the datatype of other metrics from the value, and leaves out what has neither', () => {
    const samples = metricsOf(
      telemetry({
        number: telemetrySample(1),
        flag: telemetrySample(true, { unit: '' }),
        text: telemetrySample('x', { unit: '' }),
        nullWithUnit: telemetrySample(null, { quality: 'bad' }),
        nothing: telemetrySample(null, { unit: '', quality: 'bad' }),
      }),
    );
    assert.deepEqual(
      samples.map(({ name, type }) => [name, type]),
      [
        ['number', 'Double'],
        ['flag', 'Boolean'],
        ['text', 'String'],
        ['nullWithUnit', 'Double'],
      ],
    );
  });

  it('says unit and provenance in the description and quality in the condition', () => {
    const [good, uncertain, bad] = metricsOf(
      telemetry({
        voltage_l1_n: telemetrySample(230),
        voltage_l2_n: telemetrySample(231, { quality: 'uncertain', reason: 'layout_inferred', provenance: 'inferred' }),
        voltage_l3_n: telemetrySample(9e9, { quality: 'bad', reason: 'out_of_range' }),
      }),
    );
    assert.ok(good !== undefined && uncertain !== undefined && bad !== undefined);
    assert.deepEqual(good.description['engUnit'], { type: 'String', value: 'V' });
    assert.equal(uncertain.description['provenance']?.value, 'inferred');
    assert.deepEqual(conditionValues(good.condition.properties.properties), [192, 192, '']);
    assert.deepEqual(conditionValues(uncertain.condition.properties.properties), [500, 64, 'layout_inferred']);
    assert.deepEqual(conditionValues(bad.condition.properties.properties), [0, 16, 'out_of_range']);
    assert.deepEqual([good.value, uncertain.value, bad.value], [230, 231, null]);
    assert.equal(good.timestamp, START);
  });

  it('makes NaN and infinities bad nulls', () => {
    const [sample] = metricsOf(telemetry({ frequency: telemetrySample(Number.NaN, { unit: 'Hz' }) }));
    assert.equal(sample?.value, null);
    assert.equal(sample.condition.key, 'bad:not_a_number');
  });
});

describe('messages to sparkplug-out', () => {
  it('takes telemetry, named after the meter', () => {
    const update = parseDeviceMessage(telemetry({ voltage_l1_n: telemetrySample(230) }, 'incomer'), 0);
    assert.equal(update.deviceId, 'incomer');
    assert.equal(update.samples.length, 1);
  });

  it('takes metrics with and without type, timestamp and properties', () => {
    const { deviceId, samples } = parseDeviceMessage(
      {
        deviceId: 'D',
        metrics: [
          { name: 'a', value: 1 },
          { name: 'b', value: 5n },
          { name: 'c', value: new Date(77), type: 'DateTime', timestamp: new Date(5) },
          { name: 'd', value: null, type: 'Int8', timestamp: 6 },
          { name: 'e', value: Uint8Array.of(1) },
          { name: 'f', value: 'x', properties: { engUnit: 'kW', Quality: 0, limit: { type: 'Float', value: 3 } } },
        ],
      },
      1234,
    );
    assert.equal(deviceId, 'D');
    assert.deepEqual(
      samples.map(({ name, type, timestamp }) => [name, type, timestamp]),
      [
        ['a', 'Double', 1234],
        ['b', 'Int64', 1234],
        ['c', 'DateTime', 5],
        ['d', 'Int8', 6],
        ['e', 'Bytes', 1234],
        ['f', 'String', 1234],
      ],
    );
    assert.equal(samples[2]?.value, 77);
    assert.deepEqual(samples[5]?.condition.properties.properties, {
      engUnit: { type: 'String', value: 'kW' },
      Quality: { type: 'Int32', value: 0 },
      limit: { type: 'Float', value: 3 },
    });
    assert.equal(samples[5].condition.isGood, false);
  });

  const REFUSED: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /payload is missing/],
    ['text', /payload is "text"/],
    [[], /payload is an array/],
    [{}, /payload\.metrics is missing/],
    [{ metrics: [] }, /at least one metric/],
    [{ schema: 'pm500.reading/1' }, /pm500\.telemetry\/1/],
    [{ metrics: [1] }, /metrics\[0\] is 1/],
    [{ metrics: [{ value: 1 }] }, /metrics\[0\]\.name is missing/],
    [{ metrics: [{ name: '', value: 1 }] }, /name is ""/],
    [{ metrics: [{ name: 'a' }] }, /metrics\[0\]\.value is missing/],
    [{ metrics: [{ name: 'a', value: {} }] }, /value is an object/],
    [{ metrics: [{ name: 'a', value: null }] }, /type is missing/],
    [{ metrics: [{ name: 'a', value: 1, type: 'float' }] }, /type is "float"/],
    [{ metrics: [{ name: 'a', value: 1, type: 'Template' }] }, /type is "Template"/],
    [{ metrics: [{ name: 'a', value: 1, timestamp: 'now' }] }, /timestamp is "now"/],
    [{ metrics: [{ name: 'a', value: 1, timestamp: new Date(Number.NaN) }] }, /timestamp/],
    [{ metrics: [{ name: 'a', value: 1, properties: 5 }] }, /properties is 5/],
    [{ metrics: [{ name: 'a', value: 1, properties: { x: [] } }] }, /properties\.x is an array/],
    [{ deviceId: 5, metrics: [{ name: 'a', value: 1 }] }, /deviceId is 5/],
  ];

  it('refuses everything else with the path, what stands there and what belongs there', () => {
    for (const [payload, sentence] of REFUSED) {
      assert.throws(
        () => parseDeviceMessage(payload, 0),
        (thrown) => hasCode(thrown, 'MESSAGE_INVALID') && sentence.test((thrown as Error).message),
        sentence.source,
      );
    }
    assert.throws(
      () => parseDeviceMessage({ metrics: [{ name: 'a', value: 1, properties: { Quality: 'good' } }] }, 0),
      (thrown) => hasCode(thrown, 'SPARKPLUG_VALUE_INVALID'),
    );
  });

  it('refuses what would hold up everything, and arrays with holes', () => {
    const metrics = (count: number): object[] =>
      Array.from({ length: count }, (_, at) => ({ name: `m${at}`, value: at }));
    assert.equal(parseDeviceMessage({ metrics: metrics(10_000) }, 0).samples.length, 10_000);
    const properties = Object.fromEntries(metrics(101).map((_, at) => [`p${at}`, at]));
    const holes = metrics(1);
    holes[5000] = { name: 'last', value: 1 };
    const table: readonly (readonly [payload: unknown, words: RegExp])[] = [
      [{ metrics: metrics(10_001) }, /^payload\.metrics is an array, expected at most 10000 metrics/],
      [{ metrics: holes }, /^payload\.metrics\[1\] is missing/],
      [{ metrics: [{ name: 'n'.repeat(65_536), value: 1 }] }, /name is .*expected at most 65535 characters/],
      [
        { metrics: [{ name: 'a', value: 'x'.repeat(10_000_001) }] },
        /value is "10000001 characters or bytes", expected at most 10000000/,
      ],
      [{ metrics: [{ name: 'a', value: 1, properties }] }, /properties is an object, expected at most 100 properties/],
    ];
    for (const [payload, words] of table) {
      assert.throws(
        () => parseDeviceMessage(payload, 0),
        (thrown) => hasCode(thrown, 'MESSAGE_INVALID') && words.test((thrown as Error).message),
        words.source,
      );
    }
  });
});
