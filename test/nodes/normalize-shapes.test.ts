import { TELEMETRY } from '../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import { SHAPES } from '../../nodes/pm500-normalize/settings';
import { siteJsonOf } from '../../src/domain/shapes/camel-case';
import { flattenTelemetry } from '../../src/domain/shapes/flat';
import { messagesOf } from '../../src/domain/shapes/per-metric';
import { UnitConverter } from '../../src/domain/shapes/units';
import { normalizeReading } from '../../src/domain/quality/normalize';
import { DEFAULT_MAPPING } from '../../src/influx/mapping';
import { PointMapper } from '../../src/influx/points';
import { pointsShape } from '../../src/influx/points-shape';
import { metricsShape } from '../../src/sparkplug/metrics/metrics-shape';
import type { FakeNode } from '../../testkit/node-red/fake-red';
import { READ_AT } from '../../testkit/meters/readings';
import { confirmedReading, createNormalize as create } from '../../testkit/meters/normalize-bench';

const AT = READ_AT;
const createNormalize = (properties: object): FakeNode => create({ staleSeconds: 0, ...properties });
const reading = confirmedReading([101, 102, 107], AT, { active_power_total: 12_345, active_energy_import_total: 5e6 });
const telemetry = normalizeReading(reading);
const SHOWN = new UnitConverter({ power: 'kW', energy: 'MWh' }).convert(telemetry);

/** What each shape makes of the telemetry in kW and MWh. */
const EXPECTED: Readonly<Record<(typeof SHAPES)[number], unknown>> = {
  telemetry,
  flat: flattenTelemetry(SHOWN),
  perMetric: messagesOf(SHOWN).map(({ payload }) => payload),
  influx: pointsShape(SHOWN, new PointMapper(DEFAULT_MAPPING), 'feeder'),
  sparkplug: metricsShape(SHOWN),
  camelCase: siteJsonOf(SHOWN),
  jsonata: { kW: 12.345 },
};

describe('the shapes of pm500-normalize', () => {
  for (const shape of SHAPES) {
    it(`${shape}: the payload of that shape in the chosen units, on the message that came`, async () => {
      const node = createNormalize({
        shape,
        powerUnit: 'kW',
        energyUnit: 'MWh',
        influxMeasurement: 'feeder',
        mapping: '{"kW": payload.metrics.active_power_total.value}',
      });
      const message = { payload: reading, extra: 'kept', _msgid: 'abc' };
      const { sent, error } = await node.receive(message);
      assert.equal(error, undefined);
      const payloads = sent.map(({ payload }) => payload);
      assert.deepEqual(
        JSON.parse(JSON.stringify(shape === 'perMetric' ? payloads : payloads[0])),
        JSON.parse(JSON.stringify(EXPECTED[shape])),
      );
      for (const one of sent) assert.deepEqual([one._msgid, (one as { extra?: unknown }).extra], ['abc', 'kept']);
      await node.close();
    });
  }

  it('telemetry keeps the units of the table, because the nodes of this package rely on them', async () => {
    const node = createNormalize({ powerUnit: 'MW', energyUnit: 'MWh' });
    const { sent } = await node.receive({ payload: reading });
    const { metrics } = TELEMETRY.parse(sent[0]?.payload);
    assert.deepEqual([metrics['active_power_total']?.value, metrics['active_power_total']?.unit], [12_345, 'W']);
    await node.close();
  });

  it('one message per metric has a topic of its own, another shape the name of the meter unless the message has one', async () => {
    const each = createNormalize({ shape: 'perMetric' });
    const { sent } = await each.receive({ payload: reading, topic: 'mine' });
    assert.equal(sent.length, Object.keys(telemetry.metrics).length);
    assert.ok(sent.every(({ topic }) => topic?.startsWith('main-incomer/')));
    const flat = createNormalize({ shape: 'flat' });
    assert.equal((await flat.receive({ payload: reading, topic: 'mine' })).sent[0]?.topic, 'mine');
    assert.equal((await flat.receive({ payload: reading })).sent[0]?.topic, 'main-incomer');
    await Promise.all([each.close(), flat.close()]);
  });

  it('a cost has the currency of the tariff', async () => {
    const tariff = JSON.stringify({
      timeZone: 'UTC',
      currency: 'CHF',
      periods: [{ name: 'all', pricePerKwh: 1 }],
      otherwise: 'all',
    });
    const node = createNormalize({ shape: 'perMetric', kpis: ['cost'], tariff });
    await node.receive({ payload: confirmedReading([107], AT - 2000, { active_energy_import_total: 1000 }) });
    const { sent } = await node.receive({ payload: confirmedReading([107], AT, { active_energy_import_total: 2000 }) });
    const cost = sent.find(({ topic }) => topic === 'main-incomer/cost_day') as
      { payload?: unknown; unit?: unknown } | undefined;
    assert.equal(cost?.unit, 'CHF');
    assert.ok(Number(cost.payload) > 0 && Number(cost.payload) <= 1);
    await node.close();
  });

  it('an unknown shape or unit, or a measurement that is missing, is said and stops the node', () => {
    for (const [properties, sentence] of [
      [{ shape: 'xml' }, /shape is "xml", expected one of telemetry/],
      [{ shape: 'flat', powerUnit: 'hp' }, /powerUnit is "hp", expected one of W, kW, MW/],
      [{ shape: 'flat', energyUnit: 'J' }, /energyUnit is "J", expected one of Wh, kWh, MWh/],
      [{ shape: 'influx', influxMeasurement: '' }, /influxMeasurement is "", expected text that is not empty/],
    ] as const) {
      const node = createNormalize(properties);
      assert.match(String(node.errors[0]), sentence);
      assert.deepEqual(node.lastStatus, { fill: 'red', shape: 'ring', text: 'check settings' });
    }
  });
});
