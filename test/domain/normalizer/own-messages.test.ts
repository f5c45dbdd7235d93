import assert from 'node:assert/strict';
import { KPI_KEYS } from '../../../src/domain/kpis/kpi-rows';
import { DEFAULT_KPI_SETTINGS, type KpiSettings } from '../../../src/domain/kpis/settings';
import type { NormalizeCommand } from '../../../src/domain/normalizer/command';
import { NormalizerSet } from '../../../src/domain/normalizer/normalizer-set';
import { rulesOf } from '../../../src/domain/normalizer/rules';
import type { NormalizerSettings } from '../../../src/domain/normalizer/settings';
import type { Reading, Value } from '../../../src/domain/messages/reading';
import { parseTariff } from '../../../src/domain/tariff/parse-tariff';
import { TARIFF_EXAMPLE } from '../../../src/domain/tariff/tariff-shape';
import { PM500 } from '../../../src/meters/pm500';
import { ALL_METRICS, DERIVED_METRICS } from '../../../src/metrics/derived-metrics';
import { seededRandom, type Random } from '../../../src/support/random';
import { pickOne } from '../../../testkit/pick-one';
import { sampleReading } from '../../../testkit/meters/readings';
import { spoil } from '../../../testkit/spoil';

const METRICS = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));
const NOMINAL = { lineToNeutralVolts: 230, frequencyHz: 50, ratedAmperes: 400 } as const;
const { rules } = rulesOf({ model: PM500, own: undefined, nominal: NOMINAL, energyDeltas: true, metrics: METRICS });
const PLAIN: NormalizerSettings = { model: PM500, energyDeltas: false, alarmRules: [] };
const KPIS: KpiSettings = { ...DEFAULT_KPI_SETTINGS, timeZone: 'Europe/Berlin' };
const WHOLE: NormalizerSettings = {
  ...PLAIN,
  kpis: KPIS,
  energyDeltas: true,
  alarmRules: rules,
  nominal: NOMINAL,
};
const KINDS: Readonly<Record<string, NormalizerSettings>> = {
  plain: PLAIN,
  'by exception': { ...PLAIN, report: { maxIntervalMs: 20_000 } },
  whole: WHOLE,
  'whole, by exception': { ...WHOLE, report: { maxIntervalMs: 20_000 } },
  'sliding windows, deltas not told': {
    ...WHOLE,
    kpis: { ...KPIS, kpis: KPI_KEYS, demandWindow: 'sliding', tariff: parseTariff(TARIFF_EXAMPLE) },
    energyDeltas: false,
  },
};
/** Deltas are amounts and no state: nothing tells one twice. */
const KPI_NAMES = new Set(DERIVED_METRICS.filter(({ statistic }) => statistic !== 'delta').map(({ name }) => name));
/** Clocks of that zone go ahead on 2026-03-29 at 01:00 UTC. */
const BEFORE_SUMMER_TIME = Date.UTC(2026, 2, 28, 22, 30);
const GROUPS = [[101, 102], [107], [101, 102, 107, 108], [100, 103, 104]] as const;
const COMMANDS: readonly NormalizeCommand[] = [
  { kind: 'sendAll' },
  { kind: 'alarms' },
  { kind: 'acknowledge' },
  { kind: 'listCounters' },
  { kind: 'answerCounters', answer: 'reset' },
  { kind: 'correctCounter', counter: 'active_energy_import_total', by: 1000 },
  { kind: 'layoutCheck', step: 'start' },
  { kind: 'layoutCheck', step: 'verdict' },
];

/** A copy, but for what is frozen and shared by all readings. */
function withOwnProvenance(reading: Reading): Reading {
  const copy = structuredClone(reading);
  const blocks = copy.blocks.map((block, at) => ({ ...block, provenance: reading.blocks[at]?.provenance ?? {} }));
  return { ...copy, blocks };
}

/** Loads that wander, phases that fail, counters that jump, reads that fail: whatever makes messages. */
function readingAt(random: Random, timestamp: number, wh: number): Reading {
  const reading = sampleReading(pickOne(random, GROUPS), random, timestamp);
  const values: Record<string, Value> = { active_energy_import_total: wh, reactive_energy_import_total: wh / 2 };
  for (const phase of ['l1_n', 'l2_n', 'l3_n']) values[`voltage_${phase}`] = random() < 0.1 ? 0 : 225 + 10 * random();
  return {
    ...reading,
    layout: { ...reading.layout, confirmed: random() < 0.9 },
    blocks: reading.blocks.map((block) => {
      const own = Object.entries(values).filter(([name]) => name in block.provenance);
      const error = { code: 'ENIP_REPLY_TIMEOUT', message: 'No reply.' } as const;
      if (random() < 0.05) return { ...block, values: {}, error };
      return { ...block, values: { ...block.values, ...Object.fromEntries(own) } };
    }),
  };
}

describe('messages of pm500-normalize', () => {
  for (const [kind, settings] of Object.entries(KINDS)) {
    it(`belong to the flow: what it does to them changes no later one and no state, and the quick way says what the plain one does (${kind})`, () => {
      const random = seededRandom(11);
      const [spoiled, twin] = [new NormalizerSet(() => settings), new NormalizerSet(() => settings)];
      let [nowMs, wallMs, wh, told] = [BEFORE_SUMMER_TIME, BEFORE_SUMMER_TIME, 1e9, 0];
      /** Both say the same; then one of them has its answer spoiled, one message after the other as a flow gets them. */
      const compare = (work: (set: NormalizerSet) => readonly unknown[]): void => {
        const expected = work(twin);
        const messages = work(spoiled);
        assert.equal(messages.length, expected.length);
        for (const [place, message] of messages.entries()) {
          assert.deepEqual(message, expected[place]);
          spoil(message);
          if (message !== undefined) told++;
        }
      };
      for (let step = 0; step < 400; step++) {
        // Now and then minutes without a reading, or a clock that is set: windows and days end, and begin at another time.
        const passedMs = random() < 0.05 ? 600_000 : 1000 * Math.ceil(random() * 4);
        nowMs += passedMs;
        wallMs += passedMs + (random() < 0.01 ? pickOne(random, [-3_600_000, 5 * 3_600_000]) : 0);
        wh += random() < 0.01 ? -5e8 : Math.round(random() * 100);
        const reading = readingAt(random, wallMs, wh);
        compare((set) => {
          // A copy whose provenance anybody could change is taken apart anew each time: the plain way beside the quick one.
          const copy = set === twin ? structuredClone(reading) : withOwnProvenance(reading);
          const { telemetry, alarms, counters, layoutVerdict } = set.accept(copy, wallMs, nowMs);
          // A flow may still hold the reading, too.
          if (set === spoiled) spoil(copy);
          return [...counters, layoutVerdict, ...alarms, telemetry];
        });
        compare((set) => set.tick(wallMs + 500, nowMs + 500).flatMap((one) => [...one.alarms, one.telemetry]));
        if (step % 10 === 9) compare((set) => set.diagnostics(wallMs));
        if (random() < 0.7) continue;
        const command = pickOne(random, COMMANDS);
        compare((set) => {
          try {
            const { telemetry, events } = set.command(command, wallMs, nowMs);
            return [...telemetry, ...events];
          } catch (thrown) {
            return [String(thrown)];
          }
        });
      }
      assert.deepEqual(spoiled.state(true), twin.state(true));
      assert.ok(told > 200, `${told} messages`);
    });
  }

  it('on demand hold of every KPI what was last told of it, whatever it was before', () => {
    const random = seededRandom(12);
    const set = new NormalizerSet(() => WHOLE);
    const told = new Map<string, unknown>();
    const seen = new Set<string | undefined>();
    let [nowMs, wh] = [BEFORE_SUMMER_TIME, 1e9];
    for (let step = 0; step < 300; step++) {
      nowMs += random() < 0.05 ? 600_000 : 1000;
      wh += random() < 0.01 ? -5e8 : 50;
      const { telemetry } = set.accept(readingAt(random, nowMs, wh), nowMs, nowMs);
      for (const [name, sample] of Object.entries(telemetry?.metrics ?? {})) {
        if (!KPI_NAMES.has(name)) continue;
        told.set(name, structuredClone(sample));
        seen.add(sample.reason);
      }
      const [all] = set.command({ kind: 'sendAll' }, nowMs, nowMs).telemetry;
      for (const [name, sample] of told) assert.deepEqual(all?.metrics[name], sample, `${name} at step ${step}`);
    }
    assert.ok(told.size > 20 && seen.size > 3, `${told.size} KPIs with ${[...seen].join()}`);
  });
});
