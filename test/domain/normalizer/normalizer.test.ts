import { TELEMETRY } from '../../../src/domain/messages/telemetry';
import assert from 'node:assert/strict';
import Ajv from 'ajv/dist/2020';
import { parseNormalizeCommand } from '../../../src/domain/normalizer/command';
import { NORMALIZE_DIAGNOSTICS, normalizeMetrics } from '../../../src/domain/normalizer/diagnostics';
import { NormalizerSet } from '../../../src/domain/normalizer/normalizer-set';
import { rulesOf } from '../../../src/domain/normalizer/rules';
import type { NormalizerSettings } from '../../../src/domain/normalizer/settings';
import { DEFAULT_KPI_SETTINGS } from '../../../src/domain/kpis/settings';
import { renderMetrics } from '../../../src/domain/diagnostics/prometheus';
import type { Reading } from '../../../src/domain/messages/reading';
import { ALL_METRICS } from '../../../src/metrics/derived-metrics';
import { seededRandom } from '../../../src/support/random';
import { READ_AT, sampleReading } from '../../../testkit/meters/readings';
import { PM500 } from '../../../src/meters/pm500';

const METRICS = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));
const BASE: NormalizerSettings = { model: PM500, energyDeltas: false, alarmRules: [] };
const NOMINAL = { lineToNeutralVolts: 230, frequencyHz: 50 } as const;

/** A reading with some values changed. */
function readingOf(assembly: number, seconds: number, values: Readonly<Record<string, number>>): Reading {
  const reading = sampleReading([assembly], seededRandom(1), READ_AT + seconds * 1000);
  const [block] = reading.blocks;
  assert.ok(block);
  return {
    ...reading,
    layout: { ...reading.layout, confirmed: true },
    blocks: [{ ...block, values: { ...block.values, ...values } }],
  };
}

function failing(reading: Reading): Reading {
  const error = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply.' } as const;
  return { ...reading, blocks: reading.blocks.map((block) => ({ ...block, values: {}, error })) };
}

const at = (seconds: number): number => READ_AT + seconds * 1000;
const setOf = (settings: Partial<NormalizerSettings>, saved?: unknown): NormalizerSet =>
  new NormalizerSet(() => ({ ...BASE, ...settings }), saved);
const energy = (seconds: number, wh: number): Reading => readingOf(107, seconds, { active_energy_import_total: wh });

describe('Normalizer', () => {
  it('holds back what has not changed, counts it, and sends all on demand', () => {
    const set = setOf({ report: { maxIntervalMs: 60_000 } });
    assert.equal(Object.keys(set.accept(readingOf(101, 0, {}), at(0), at(0)).telemetry?.metrics ?? {}).length, 12);
    assert.equal(set.accept(readingOf(101, 1, {}), at(1), at(1)).telemetry, undefined);
    const { telemetry } = set.accept(readingOf(101, 2, { voltage_l1_n: 5 }), at(2), at(2));
    assert.deepEqual(Object.keys(telemetry?.metrics ?? {}), ['voltage_l1_n']);
    const [diagnostics] = set.diagnostics(at(2));
    assert.deepEqual([diagnostics?.reported, diagnostics?.suppressed], [13, 23]);
    const all = set.command({ kind: 'sendAll' }, at(3)).telemetry;
    assert.deepEqual([all.length, Object.keys(all[0]?.metrics ?? {}).length], [1, 12]);
    assert.equal(all[0]?.metrics['voltage_l1_n']?.value, 5);
  });

  it('does not give back what a flow has made of a message', () => {
    for (const settings of [{}, { kpis: DEFAULT_KPI_SETTINGS }, { kpis: DEFAULT_KPI_SETTINGS, report: {} }]) {
      const set = setOf(settings);
      const sent = set.accept(readingOf(101, 0, {}), at(0), at(0)).telemetry?.metrics ?? {};
      const before = structuredClone(set.command({ kind: 'sendAll' }, at(1)).telemetry[0]?.metrics);
      const spoil = (metrics: Record<string, unknown>): void => {
        for (const sample of Object.values(metrics)) Object.assign(sample as object, { value: -1, quality: 'good' });
        delete metrics['voltage_l1_n'];
        metrics['mine'] = { value: 1 };
      };
      spoil(sent);
      spoil(set.command({ kind: 'sendAll' }, at(2)).telemetry[0]?.metrics as Record<string, unknown>);
      const [all] = set.command({ kind: 'sendAll' }, at(3)).telemetry;
      assert.ok(Object.keys(before ?? {}).length >= 12);
      assert.deepEqual(all?.metrics, before);
    }
  });

  it('says that a meter is lost, also when every value is bad already, and once', () => {
    const set = setOf({ report: {} });
    set.accept(readingOf(101, 0, {}), at(0), at(0));
    const told = [undefined, at(1), at(1)].map((lostSince, index) => {
      const { meter, ...rest } = failing(readingOf(101, index + 1, {}));
      const reading = { ...rest, meter: { ...meter, ...(lostSince === undefined ? {} : { lostSince }) } };
      const { telemetry } = set.accept(reading, at(index + 1), at(index + 1));
      return [Object.keys(telemetry?.metrics ?? {}).length, telemetry?.meter.lostSince];
    });
    assert.deepEqual(told, [
      [12, undefined],
      [12, at(1)],
      [0, undefined],
    ]);
    const back = set.accept(readingOf(101, 4, {}), at(4), at(4)).telemetry;
    assert.deepEqual([Object.keys(back?.metrics ?? {}).length, back?.meter.lostSince], [12, undefined]);
  });

  it('does not doubt the clock when slow groups arrive after fast ones', () => {
    const set = setOf({});
    set.accept(readingOf(107, 0, {}), at(0), at(0));
    set.accept(readingOf(101, 20, {}), at(20), at(20));
    const late = set.accept(readingOf(107, 10, {}), at(21), at(21));
    assert.equal(late.telemetry?.metrics['run_hours']?.quality, 'good');
    assert.equal(set.concerns.uncertain, 0);
    const back = set.accept(readingOf(107, 5, {}), at(22), at(22));
    assert.equal(set.concerns.uncertain, Object.keys(back.telemetry?.metrics ?? {}).length);
    assert.equal(back.telemetry?.metrics['run_hours']?.reason, 'clock_doubtful');
  });

  it('raises, lists, acknowledges and clears default alarms, and says it in messages', () => {
    const { rules } = rulesOf({
      model: PM500,
      own: undefined,
      nominal: NOMINAL,
      energyDeltas: false,
      metrics: METRICS,
    });
    const set = setOf({ alarmRules: rules });
    const volts = { voltage_l1_n: 230, voltage_l2_n: 230, voltage_l3_n: 230 };
    const [first, ...others] = set.accept(readingOf(101, 0, volts), at(0), at(0)).alarms;
    assert.deepEqual([first?.event, others, first?.active], ['configured', [], []]);
    const known = [...(first?.inactive ?? []), ...(first?.unjudged ?? [])].map(({ id }) => id);
    assert.deepEqual(known.sort(), rules.map(({ id }) => id).sort(), 'every rule, before anything happens');
    assert.ok(first?.inactive?.some(({ id }) => id === 'phase_loss_l1'));
    assert.deepEqual(set.accept(readingOf(101, 0.5, volts), at(0.5), at(0.5)).alarms, [], 'once');
    set.accept(readingOf(101, 1, { ...volts, voltage_l1_n: 0 }), at(1), at(1));
    const raised = set.tick(at(3), at(3)).flatMap(({ alarms }) => alarms);
    assert.deepEqual(
      raised.map(({ event, alarm }) => [event, alarm?.id, alarm?.severity]),
      [['raised', 'phase_loss_l1', 'critical']],
    );
    assert.equal(set.alarms.critical, 1);
    const [list] = set.command({ kind: 'alarms' }, at(4)).events;
    assert.ok(list !== undefined && 'active' in list);
    assert.deepEqual([list.event, list.active.map(({ id }) => id)], ['list', ['phase_loss_l1']]);
    const [acknowledged] = set.command({ kind: 'acknowledge', id: 'phase_loss_l1' }, at(5)).events;
    assert.ok(acknowledged !== undefined && 'event' in acknowledged && acknowledged.event === 'acknowledged');
    assert.throws(
      () => set.command({ kind: 'acknowledge', id: 'no_such' }, at(5)),
      /No alarm rule has the id "no_such"/,
    );
    set.accept(readingOf(101, 6, volts), at(6), at(6));
    const cleared = set.tick(at(20), at(20)).flatMap(({ alarms }) => alarms);
    assert.deepEqual(
      cleared.map(({ event, active }) => [event, active.length]),
      [['cleared', 0]],
    );
  });

  it('goes on after a restart: energy is neither lost nor counted twice', () => {
    const settings = { kpis: DEFAULT_KPI_SETTINGS, energyDeltas: true };
    const delta = (set: NormalizerSet, seconds: number, wh: number): unknown =>
      set.accept(energy(seconds, wh), at(seconds), at(seconds)).telemetry?.metrics['energy_delta_active_import_total'];
    const first = setOf(settings);
    delta(first, 0, 1000);
    assert.equal((delta(first, 60, 1500) as { value: number }).value, 500);
    const clean = JSON.parse(JSON.stringify(first.state(true))) as unknown;
    const killed = JSON.parse(JSON.stringify(first.state(false))) as unknown;
    assert.equal((delta(setOf(settings, clean), 120, 1700) as { value: number }).value, 200);
    const after = setOf(settings, killed);
    const doubtful = delta(after, 120, 1700) as { value: unknown; reason: string };
    assert.deepEqual([doubtful.value, doubtful.reason], [null, 'counter_started']);
    const next = after.accept(energy(180, 1750), at(180), at(180)).telemetry?.metrics;
    assert.equal(next?.['energy_delta_active_import_total']?.value, 50);
    // The KPIs were saved together with the counters: they have everything.
    assert.equal(next['active_energy_import_day']?.value, 750);
  });

  it('counts single Wh at 9 999 999 999 kWh, and goes on over the rollover', () => {
    const set = setOf({ kpis: DEFAULT_KPI_SETTINGS, energyDeltas: true });
    const top = 9_999_999_999_000;
    const seen = [0, 1, 2, 899, 900].map((wh, second) => {
      const metrics = set.accept(energy(second, top + wh), at(second), at(second)).telemetry?.metrics;
      return [metrics?.['energy_delta_active_import_total']?.value, metrics?.['active_energy_import_day']?.value];
    });
    assert.deepEqual(seen, [
      [null, undefined],
      [1, 1],
      [1, 2],
      [897, 899],
      [1, 900],
    ]);
    const rolled = set.accept(energy(60, 5), at(60), at(60)).telemetry?.metrics['energy_delta_active_import_total'];
    // 9 999 999 999.9 kWh is the largest; 0.1 kWh later the display is at zero.
    assert.deepEqual([rolled?.value, rolled?.reason], [105, 'counter_rollover']);
  });

  it('takes any state that is none as a start without a past', () => {
    const settings = { kpis: DEFAULT_KPI_SETTINGS, energyDeltas: true };
    const state = setOf(settings).state(true);
    for (const saved of [
      null,
      5,
      'x',
      [],
      {},
      { ...state, meters: null },
      { ...state, meters: { 'main-incomer': 7 } },
    ]) {
      const { telemetry } = setOf(settings, saved).accept(energy(0, 5), at(0), at(0));
      assert.equal(telemetry?.metrics['energy_delta_active_import_total']?.reason, 'counter_started');
    }
  });

  it('gives telemetry of measured and derived metrics that the contract accepts', () => {
    const set = setOf({ kpis: DEFAULT_KPI_SETTINGS, energyDeltas: true });
    set.accept(energy(0, 0), at(0), at(0));
    const { telemetry } = set.accept(energy(900, 100), at(900), at(900));
    assert.ok(telemetry);
    assert.equal(TELEMETRY.parse(telemetry), telemetry);
    const off = setOf({ kpis: DEFAULT_KPI_SETTINGS });
    off.accept(energy(0, 0), at(0), at(0));
    const names = Object.keys(off.accept(energy(900, 100), at(900), at(900)).telemetry?.metrics ?? {});
    assert.deepEqual(
      names.filter((name) => name.startsWith('energy_delta')),
      [],
    );
    assert.ok(names.includes('active_energy_import_day'));
  });

  it('starts a layout check, refuses a verdict before it, and names what it has seen', () => {
    const set = setOf({});
    set.accept(readingOf(101, 0, {}), at(0), at(0));
    assert.throws(
      () => set.command({ kind: 'layoutCheck', step: 'verdict' }, at(1)),
      /No layout check .* is under way/,
    );
    set.command({ kind: 'layoutCheck', step: 'start' }, at(1));
    assert.throws(() => set.command({ kind: 'layoutCheck', step: 'verdict' }, at(1)), /has seen no reading yet/);
    for (let second = 2; second < 6; second++) set.accept(readingOf(101, second, {}), at(second), at(second));
    const [verdict] = set.command({ kind: 'layoutCheck', step: 'apply' }, at(9)).events;
    assert.equal(verdict?.schema, 'pm500.layout-check/1');
    // Random voltages break the relation of phases: the check says so, and the values count no more.
    const { telemetry } = set.accept(readingOf(101, 10, {}), at(10), at(10));
    assert.ok(Object.values(telemetry?.metrics ?? {}).some(({ reason }) => reason === 'layout_contradicted'));
  });

  it('gives diagnostics that fit their schema, and metrics with a label for the node', () => {
    const set = setOf({ report: {} });
    set.accept(failing(readingOf(101, 0, {})), at(0), at(0));
    const diagnostics = set.diagnostics(at(1));
    assert.ok(new Ajv({ strict: false }).compile(NORMALIZE_DIAGNOSTICS.jsonSchema)(diagnostics[0]));
    assert.deepEqual(diagnostics[0]?.values, { good: 0, uncertain: 0, bad: 12 });
    const page = renderMetrics(normalizeMetrics(diagnostics, 'n1'));
    assert.match(page, /^pm500_values_total\{.*meter="main-incomer",node="n1",quality="bad"\} 12$/m);
    assert.match(page, /^pm500_untrusted_values_total\{.*reason="read_failed"\} 12$/m);
  });
});

describe('the rules of a meter', () => {
  const sources = { model: PM500, own: undefined, nominal: NOMINAL, energyDeltas: false, metrics: METRICS } as const;

  it('an own rule takes the place of the default with its id', () => {
    const own = [{ id: 'phase_loss_l1', metric: 'voltage_l1_n', condition: 'below', limit: 10 }];
    const { rules, problems } = rulesOf({ ...sources, own });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      rules.filter(({ id }) => id === 'phase_loss_l1').map(({ limit }) => limit),
      [10],
    );
  });

  it('says what is wrong with a rule, or that it watches a KPI which is off, and keeps the others', () => {
    const own = [
      { id: 'a', metric: 'voltage_l1', condition: 'above', limit: 1 },
      { id: 'b', metric: 'interval_demand', condition: 'above', limit: 1 },
      { id: 'c', metric: 'frequency', condition: 'above', limit: 1 },
    ];
    const { rules, problems } = rulesOf({ ...sources, nominal: NOMINAL, own });
    assert.match(problems[0] ?? '', /^alarmRules\[0\]\.metric is "voltage_l1", expected the name of a metric or KPI;/);
    assert.match(problems[1] ?? '', /^Alarm "b" watches interval_demand, which is switched off;/);
    assert.ok(rules.some(({ id }) => id === 'c'));
    assert.deepEqual(rulesOf({ ...sources, own: [own[1]], kpis: DEFAULT_KPI_SETTINGS }).problems, []);
  });

  it('defaults leave out what a wiring lacks, but never the one that tells missing data', () => {
    const { rules } = rulesOf({ ...sources, wiring: '3P' });
    assert.ok(!rules.some(({ metric }) => metric === 'voltage_l1_n'));
    assert.equal(rules.find(({ id }) => id === 'data_missing')?.metric, 'frequency');
  });
});

describe('commands of pm500-normalize', () => {
  it('are read as people write them', () => {
    assert.deepEqual(parseNormalizeCommand({ alarms: 'list' }), { kind: 'alarms' });
    assert.deepEqual(parseNormalizeCommand({ alarms: { acknowledge: 'x' } }), { kind: 'acknowledge', id: 'x' });
    assert.deepEqual(parseNormalizeCommand({ alarms: { reset: true } }), { kind: 'reset' });
    assert.deepEqual(parseNormalizeCommand({ alarm: 'reset', id: 'x' }), { kind: 'reset', id: 'x' });
    assert.deepEqual(parseNormalizeCommand({ sendAll: true, meter: 'm' }), { kind: 'sendAll', meter: 'm' });
    for (const none of [undefined, null, 5, [], {}, { schema: 'pm500.reading/1', alarms: 'list' }]) {
      assert.equal(parseNormalizeCommand(none), undefined);
    }
  });

  it('are refused in one sentence that names the path', () => {
    const wrong = [
      { alarms: 'all' },
      { alarms: {} },
      { alarms: { acknowledge: 5 } },
      { alarms: { forget: true } },
      { sendAll: 'yes' },
      { layoutCheck: 'stop' },
      { sendAll: true, alarms: 'list' },
      { sendAll: true, meter: 5 },
    ];
    for (const payload of wrong) {
      assert.throws(() => parseNormalizeCommand(payload), /^Pm500Error: payload\.\S+ is .+, expected .+; .+\.$/);
    }
  });
});
