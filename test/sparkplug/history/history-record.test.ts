import assert from 'node:assert/strict';
import { ALL_METRICS } from '../../../src/metrics/derived-metrics';
import { conditionOf } from '../../../src/sparkplug/metrics/metric-condition';
import {
  type HistoryRecord,
  readHistoryRecord,
  writeHistoryRecord,
} from '../../../src/sparkplug/history/history-record';
import { CODE_LENGTH, codeOf, metricOf, shortFloat } from '../../../src/sparkplug/history/metric-codes';
import type { MetricSample } from '../../../src/sparkplug/metrics/metrics';
import { seededRandom } from '../../../src/support/random';
import { START, sample } from '../../../testkit/sparkplug/samples';

/** What the first version wrote, word for word. */
const FIRST =
  '{"device":"M","samples":[["voltage_l1_n","Float",230.1230010986328,1767225600000,"good:"],["own","Double",{"$":"number","text":"NaN"},1767225600001,"bad:read_failed"]]}';

const floats = (count: number): number[] => {
  const random = seededRandom(7);
  return Array.from({ length: count }, () => Math.fround((random() - 0.3) * 10 ** Math.floor(random() * 12 - 4)));
};

function reading(names: readonly string[], at: number): readonly MetricSample[] {
  const values = floats(names.length);
  return names.map((name, index) => sample(name, values[index] ?? 0, { at }));
}

describe('stored records', () => {
  it('of the first version are still read', () => {
    const record = readHistoryRecord(FIRST);
    assert.deepEqual(
      record?.samples.map(({ name, type, value, timestamp, condition }) => [
        name,
        type,
        value,
        timestamp,
        condition.key,
      ]),
      [
        ['voltage_l1_n', 'Float', 230.1230010986328, 1767225600000, 'good:'],
        ['own', 'Double', NaN, 1767225600001, 'bad:read_failed'],
      ],
    );
  });

  it('come back as they were: times, datatypes, qualities, names of others, several readings', () => {
    const canonical = ALL_METRICS.map(({ name, sparkplugType: type }, index): MetricSample => ({
      ...sample(name, null, { at: START + (index % 3) * 250 }),
      type,
      condition: index % 4 === 0 ? conditionOf('uncertain', 'layout_inferred') : conditionOf('good'),
      description: {},
    }));
    const others: MetricSample[] = ['own', 'abcd', '', '["x"]', '__proto__'].map((name, index) => ({
      ...sample(name, index + 0.5, { at: START - index }),
      description: {},
    }));
    const usual = ALL_METRICS[0]?.name ?? '';
    const unusual: MetricSample = { ...sample(usual, null), type: 'String', value: 'text', description: {} };
    for (const samples of [canonical, others, [unusual], [...canonical, ...others, ...canonical, unusual], []]) {
      const record: HistoryRecord = { deviceId: 'M Ω', samples };
      assert.deepEqual(readHistoryRecord(writeHistoryRecord(record)), record);
    }
  });

  it('keep every number of 32 bits, and what is none, in 32 bits', () => {
    const extremes = [0, -0, 2 ** -149, -(2 ** -126), 3.4028234663852886e38, 16_777_217, 0.1, 1 / 3, 1e300];
    for (const value of [...floats(20_000), ...extremes]) {
      assert.ok(Object.is(Math.fround(shortFloat(value)), Math.fround(value)), String(value));
    }
  });

  it('have a code for every canonical metric that only the name decides', () => {
    for (const { name, sparkplugType } of ALL_METRICS) {
      const known = codeOf(name);
      assert.ok(known, name);
      assert.equal(known.code.length, CODE_LENGTH, name);
      assert.deepEqual(metricOf(known.code), { name, type: sparkplugType });
    }
    // The disks of sites have these.
    assert.equal(codeOf('voltage_l1_n')?.code, 'WjtU');
  });

  it('take a third of the room of the first version', () => {
    const names = ALL_METRICS.filter(({ sparkplugType }) => sparkplugType === 'Float').slice(0, 30);
    const samples = reading(
      names.map(({ name }) => name),
      START,
    );
    const first = JSON.stringify({
      device: 'meter-1',
      samples: samples.map(({ name, type, value, timestamp }) => [name, type, value, timestamp, 'good:']),
    });
    const perValue = writeHistoryRecord({ deviceId: 'meter-1', samples }).length / samples.length;
    assert.ok(perValue * 3 < first.length / samples.length, `${perValue} and ${first.length / samples.length} bytes`);
  });

  it('that are damaged are none', () => {
    const whole = writeHistoryRecord({ deviceId: 'M', samples: [sample('voltage_l1_n', 1), sample('own', 2)] });
    for (let length = 0; length < whole.length; length++)
      assert.equal(readHistoryRecord(whole.slice(0, length)), undefined);
    for (const text of [
      '[]',
      '[3,"M",1,0,"",[],[]]',
      '[2,"M",1,0,"zzz!",[1],["good:"]]',
      '[2,"M",1,0,[["a","Nope"]],[1],["good:"]]',
      '[2,"M",1,0,[["a","Float"]],[1,2],["good:"]]',
      '[2,"M",1,[0.5],[["a","Float"]],[1],["good:"]]',
      '[2,"M",1,0,[["a","Float"]],[1],["best:"]]',
      '[2,"M",1,0,[["a","Float"]],[1],["good:","bad:","7"]]',
    ]) {
      assert.equal(readHistoryRecord(text), undefined, text);
    }
  });
});
