import assert from 'node:assert/strict';
import { groupFactsOf } from '../../nodes/pm500-poll/group-facts';
import { fleetRows } from '../../src/acquisition/fleet/fleet-rows';
import { parseFleet } from '../../src/acquisition/fleet/fleet';
import { createLinkTransport } from '../../src/acquisition/link-transport';
import { MeterRegistry } from '../../src/acquisition/meter-registry';
import { meterRows } from '../../src/acquisition/meter-rows';
import { settingsOf, type MeterChoice } from '../../src/acquisition/meter-settings';
import { parseLayout } from '../../src/domain/codec/parse-layout';
import { checkLayout } from '../../src/domain/layout-check/layout-check';
import type { Reading } from '../../src/domain/messages/reading';
import type { Telemetry } from '../../src/domain/messages/telemetry';
import { Normalizer } from '../../src/domain/normalizer/normalizer';
import { rulesOf } from '../../src/domain/normalizer/rules';
import { LineMapper } from '../../src/influx/line-mapper';
import type { MeterModel } from '../../src/meters/meter-model';
import { PM500 } from '../../src/meters/pm500';
import { ALL_METRICS } from '../../src/metrics/derived-metrics';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import { simulatorRows } from '../../src/simulator/simulator-rows';
import { decodePayload } from '../../src/sparkplug/codec/payload';
import { EdgeNode } from '../../src/sparkplug/edge/edge-node';
import { FIRST_CUSTOM_INDEX, metricsOf } from '../../src/sparkplug/metrics/metrics';
import { systemClock } from '../../src/support/clock';
import { silentLogger } from '../../src/support/logger';
import { StrictHost } from '../../testkit/sparkplug/strict-host';
import { EM3, NEUTRAL_SHIFT } from './em3';

const HOST = '127.0.0.1';
const LOAD_W = 90_000;
const GROUPS = ['meters', 'live', 'nameplate'];
const LIVE_OVER_ETHERNET = [
  'frequency',
  'voltage_l3_l1',
  'voltage_l2_l3',
  'voltage_l1_l2',
  'current_l3',
  'current_l2',
  'current_l1',
  'active_power_total',
  'reactive_power_total',
];

describe('a made-up second meter model', () => {
  let simulator: Simulator;
  let registry: MeterRegistry;

  before(async () => {
    simulator = await startSimulator(EM3, {
      meters: [
        {
          bind: HOST,
          enipPort: 0,
          implicitPort: 0,
          modbusPort: 0,
          catalogNumber: 'EM3-480',
          serialNumber: 4_711,
          seed: 5,
          startKwh: 12_345,
          load: constantProfile(LOAD_W),
        },
      ],
      modbusSuspendsEnipMs: 0,
    });
  });

  after(() => simulator.close());

  beforeEach(() => {
    const dependencies = { clock: systemClock, random: Math.random, logger: silentLogger };
    registry = new MeterRegistry({
      ...dependencies,
      createTransport: (settings, route) => createLinkTransport(settings, dependencies, route),
    });
  });

  async function readAs(model: MeterModel, choice: Partial<MeterChoice>, groups: readonly string[]): Promise<Reading> {
    const [{ port, modbusPort } = { port: 0 }] = simulator.meters;
    const isModbus = choice.transport === 'modbus-tcp';
    const { session, release } = registry.acquire(
      settingsOf(model, { name: 'made-up', host: HOST, port: isModbus ? modbusPort! : port, ...choice }),
    );
    try {
      return await session.readGroups(groups);
    } finally {
      await release();
    }
  }

  const read = (choice: Partial<MeterChoice>): Promise<Reading> => readAs(EM3, choice, GROUPS);

  function valuesOf({ blocks }: Reading): Readonly<Record<string, unknown>> {
    for (const { error } of blocks) assert.equal(error, undefined, error?.message);
    return Object.assign({}, ...blocks.map(({ values }) => values)) as Record<string, unknown>;
  }

  /** The values of a reading are those of the simulated feeder, within what a few seconds change. */
  function assertTrue(reading: Reading, names: readonly string[]): void {
    const [values, truth] = [valuesOf(reading), simulator.meters[0]!.values()];
    for (const name of names) {
      const [seen, wanted] = [values[name], truth[name]];
      if (typeof wanted !== 'number') assert.equal(seen, wanted, name);
      else
        assert.ok(
          Math.abs(Number(seen) - wanted) <= 0.05 * Math.abs(wanted) + 100,
          `${name}: ${String(seen)}, not ${wanted}`,
        );
    }
  }

  function normalize(readings: readonly Reading[]): { readonly telemetry: Telemetry; readonly alarms: number } {
    const metrics = new Map([...ALL_METRICS, NEUTRAL_SHIFT].map((metric) => [metric.name, metric]));
    const nominal = { lineToNeutralVolts: 277, frequencyHz: 60 } as const;
    const { rules } = rulesOf({ model: EM3, own: undefined, nominal, energyDeltas: false, metrics, wiring: 'delta' });
    assert.deepEqual(
      rules.map(({ id }) => id),
      ['em3_frequency'],
    );
    const settings = { model: EM3, wiring: 'delta', energyDeltas: false, alarmRules: rules };
    const normalizer = new Normalizer(settings, readings[0]!.meter);
    const outcomes = readings.map((reading) => normalizer.accept(reading, reading.timestamp, reading.timestamp));
    return {
      telemetry: outcomes.at(-1)!.telemetry!,
      alarms: outcomes.reduce((sum, { alarms }) => sum + alarms.length, 0),
    };
  }

  for (const transport of ['ucmm', 'class3', 'input-only'] as const) {
    it(`is read over EtherNet/IP, ${transport}`, async () => {
      const reading = await read({ transport, rpiMs: 50, localUdpPort: 0 } as Partial<MeterChoice>);
      assert.equal(reading.layout.name, 'EM3 layout');
      assert.equal(reading.meter.catalogNumber, 'EM3-480');
      assert.equal(reading.meter.serialNumber, 4_711);
      assert.equal(reading.meter.identityMismatch, undefined);
      assert.deepEqual(new Set(reading.blocks.map(({ assembly }) => assembly)), new Set([3, 5, 7]));
      assertTrue(reading, [...LIVE_OVER_ETHERNET, 'active_energy_import_total', 'active_energy_export_total']);
      assertTrue(reading, ['firmware_base', 'identification_letters']);
      assert.deepEqual(
        reading.definitions?.map(({ name }) => name),
        ['neutral_shift'],
      );
    });
  }

  it('is read over Modbus, with registers and a first address of its own', async () => {
    const reading = await read({ transport: 'modbus-tcp', unitId: 7 });
    assert.deepEqual(new Set(reading.blocks.map(({ register }) => register)), new Set([300_401, 300_501, 300_901]));
    assert.equal(reading.meter.firmware, 'Y.7');
    assert.equal(reading.meter.identityMismatch, undefined);
    assertTrue(reading, ['frequency', 'active_power_total', 'active_energy_import_total', 'firmware_base']);
  });

  it('is judged by its own wirings, places and alarms', async () => {
    const { telemetry, alarms } = normalize([await read({}), await read({})]);
    const { metrics } = telemetry;
    assert.equal(metrics['frequency']?.quality, 'good');
    assert.equal(metrics['frequency'].unit, 'Hz');
    assert.equal(metrics['active_energy_import_total']?.reason, 'layout_assumed');
    // The simulated feeder has no such quantity: bytes of no number, which are not this meter's overload either.
    assert.deepEqual([metrics['neutral_shift']?.quality, metrics['neutral_shift']?.unit], ['bad', 'V']);
    assert.equal(metrics['neutral_shift']?.reason, 'not_a_number');
    assert.ok(alarms > 0, 'its default alarm watches');
    const single = new Normalizer(
      { model: EM3, wiring: 'single', energyDeltas: false, alarmRules: [] },
      telemetry.meter,
    );
    const reading = await read({});
    const judged = single.accept(reading, reading.timestamp).telemetry?.metrics ?? {};
    assert.equal(judged['current_l3']?.reason, 'not_in_wiring');
    assert.equal(judged['current_l1']?.quality, 'good');
  });

  it('is born and told over Sparkplug by the rules of a strict host', async () => {
    const first = normalize([await read({})]).telemetry;
    const frequencyOf = ({ metrics }: Telemetry): unknown => metrics['frequency']?.value;
    let second = first;
    // The display changes ten times a second.
    for (let tries = 0; tries < 500 && frequencyOf(second) === frequencyOf(first); tries++) {
      second = normalize([await read({})]).telemetry;
    }
    assert.notEqual(frequencyOf(second), frequencyOf(first));
    const host = new StrictHost();
    const edge = new EdgeNode({ groupId: 'G', edgeNodeId: 'N' });
    const births: Uint8Array[] = [];
    const told: string[] = [];
    const tell = (event: Parameters<EdgeNode['handle']>[0]): void => {
      for (const effect of edge.handle(event)) {
        if (effect.kind === 'connect') host.observeWill(effect.will.topic, effect.will.payload);
        if (effect.kind !== 'publish') continue;
        host.observe(effect.topic, effect.payload);
        told.push(effect.message);
        if (effect.message === 'DBIRTH') births.push(effect.payload);
      }
    };
    const at = first.timestamp;
    tell({ kind: 'connecting', bdSeq: 0, at });
    tell({ kind: 'connected' });
    tell({ kind: 'subscribed', at });
    tell({ kind: 'samples', deviceId: 'EM3', samples: metricsOf(first), at });
    tell({ kind: 'settled', deviceId: 'EM3', at });
    tell({ kind: 'samples', deviceId: 'EM3', samples: metricsOf(second), at: at + 1000 });
    assert.deepEqual(host.violations, []);
    assert.ok(told.includes('DDATA'), told.join());
    const born = decodePayload(births[0]!).metrics;
    const aliasOf = (name: string): number | undefined => {
      const alias = born.find((metric) => metric.name === name)?.alias;
      return alias === undefined ? undefined : Number(alias) % 4096;
    };
    for (const name of LIVE_OVER_ETHERNET) {
      assert.equal(aliasOf(name), ALL_METRICS.find((metric) => metric.name === name)?.sparkplugAlias, name);
    }
    assert.ok(aliasOf('neutral_shift')! >= FIRST_CUSTOM_INDEX, 'what the catalog lacks is counted up');
  });

  it('is written as InfluxDB lines under the names of the catalog', async () => {
    const { telemetry } = normalize([await read({})]);
    const { lines } = new LineMapper().map(telemetry, { influxMeasurement: 'em3', timestamp: 0 });
    const good = lines.find((line) => line.startsWith('em3,') && line.includes('quality=good'));
    assert.match(good ?? '', /frequency=(59|60)\b/);
    assert.match(good ?? '', /active_power_total=9\d{4}/);
    assert.ok(lines.some((line) => line.includes('quality=uncertain') && line.includes('active_energy_import_total=')));
    assert.ok(
      lines.some((line) => line.includes('quality=bad')),
      'what has no value is told as bad',
    );
  });

  it('has its layout checked against its own assemblies and candidates', async () => {
    const readings: Reading[] = [];
    for (let index = 0; index < 8; index++) readings.push(await read({}));
    const { assemblies, wiring, energyLayout, layout } = checkLayout(EM3, readings);
    assert.equal(layout, 'EM3 layout');
    assert.deepEqual(new Set(assemblies.map(({ assembly }) => assembly)), new Set([3, 5, 7]));
    assert.deepEqual(wiring.candidates, ['delta']);
    assert.equal(energyLayout?.inUse, 'hundreds-wh');
    assert.deepEqual(
      energyLayout.candidates.map(({ name }) => name),
      ['hundreds-wh', 'single-wh'],
    );
    assert.ok(!JSON.stringify(assemblies).includes('contradicted'));
  });

  it('gives dialogs, lists and commands its own facts', () => {
    const [meter, list, sim] = [meterRows(EM3), fleetRows(EM3), simulatorRows(EM3)];
    const valuesIn = (row: { readonly options: readonly { readonly value: unknown }[] }): readonly unknown[] =>
      row.options.map(({ value }) => value);
    assert.deepEqual(valuesIn(meter.catalogNumber), ['', 'EM3-208', 'EM3-480']);
    assert.deepEqual(valuesIn(meter.energyLayout), ['', 'hundreds-wh', 'single-wh']);
    assert.deepEqual([meter.rpiMs.min, meter.minimumIntervalMs.min], [20, 50]);
    assert.deepEqual([meter.modbusPort.default, meter.unitId.default, meter.baudRate.default], [1_502, 7, 38_400]);
    assert.equal(meter.configurationInstance.default, 151);
    assert.deepEqual(valuesIn(list.catalogNumber), valuesIn(meter.catalogNumber));
    assert.deepEqual(
      [sim.serialNumber.min, sim.serialNumber.max, sim.catalogNumber.default],
      [1_000, 9_999, 'EM3-480'],
    );
    assert.equal(sim.energyLayout.help, 'how assembly 7 is sent');
    assert.deepEqual(groupFactsOf(EM3), [
      { name: 'meters', label: 'Counters', provenance: 'assumed', instances: [7] },
      { name: 'live', label: 'Live values', provenance: 'verified', instances: [5] },
      { name: 'nameplate', label: 'Nameplate', provenance: 'verified', instances: [3] },
    ]);
    const defaults = { groups: new Map([['live', undefined]]), intervalMs: 1000 };
    const { meters, problems } = parseFleet(EM3, 'name,host,groups\na,h,live meters:60\nb,h,realtime', 'x', defaults);
    assert.deepEqual(meters[0]?.schedules, [
      { intervalMs: 60, groups: ['meters'] },
      { intervalMs: 1000, groups: ['live'] },
    ]);
    assert.match(problems[0]?.message ?? '', /expected some of meters, live, nameplate/);
    assert.throws(() => parseLayout(EM3, { ...PM500.layout }), /expected one of meters, live, nameplate/);
  });

  it('is never taken for a PowerMonitor 500, nor the other way round', async () => {
    const strange = await readAs(PM500, { catalogNumber: '' }, ['realtime', 'status']);
    assert.equal(strange.meter.identityMismatch, true);
    assert.ok(strange.blocks.every(({ error }) => error !== undefined));
    const overModbus = await readAs(PM500, { transport: 'modbus-tcp' }, ['product']);
    assert.notEqual(overModbus.meter.firmware, 'Y.7');
  });
});
