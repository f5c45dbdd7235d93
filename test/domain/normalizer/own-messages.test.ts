import assert from 'node:assert/strict';
import { DEFAULT_KPI_SETTINGS } from '../../../src/domain/kpis/settings';
import type { NormalizeCommand } from '../../../src/domain/normalizer/command';
import { NormalizerSet } from '../../../src/domain/normalizer/normalizer-set';
import { rulesOf } from '../../../src/domain/normalizer/rules';
import type { NormalizerSettings } from '../../../src/domain/normalizer/settings';
import type { Reading, Value } from '../../../src/domain/messages/reading';
import { PM500 } from '../../../src/meters/pm500';
import { ALL_METRICS } from '../../../src/metrics/derived-metrics';
import { seededRandom, type Random } from '../../../src/support/random';
import { pickOne } from '../../../testkit/pick-one';
import { READ_AT, sampleReading } from '../../../testkit/meters/readings';
import { spoil } from '../../../testkit/spoil';

const METRICS = new Map(ALL_METRICS.map((metric) => [metric.name, metric]));
const NOMINAL = { lineToNeutralVolts: 230, frequencyHz: 50, ratedAmperes: 400 } as const;
const { rules } = rulesOf({ model: PM500, own: undefined, nominal: NOMINAL, energyDeltas: true, metrics: METRICS });
const PLAIN: NormalizerSettings = { model: PM500, energyDeltas: false, alarmRules: [] };
const WHOLE: NormalizerSettings = {
  ...PLAIN,
  kpis: DEFAULT_KPI_SETTINGS,
  energyDeltas: true,
  alarmRules: rules,
  nominal: NOMINAL,
};
const KINDS: Readonly<Record<string, NormalizerSettings>> = {
  plain: PLAIN,
  'by exception': { ...PLAIN, report: { maxIntervalMs: 20_000 } },
  whole: WHOLE,
  'whole, by exception': { ...WHOLE, report: { maxIntervalMs: 20_000 } },
};
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
    it(`belong to whoever gets them: what a flow does to them changes no later one and no state (${kind})`, () => {
      const random = seededRandom(11);
      const [spoiled, twin] = [new NormalizerSet(() => settings), new NormalizerSet(() => settings)];
      let [nowMs, wh, told] = [READ_AT, 1e9, 0];
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
        nowMs += 1000 * Math.ceil(random() * 4);
        wh += random() < 0.01 ? -5e8 : Math.round(random() * 100);
        const reading = readingAt(random, nowMs, wh);
        compare((set) => {
          const { telemetry, alarms, counters, layoutVerdict } = set.accept(structuredClone(reading), nowMs, nowMs);
          return [...counters, layoutVerdict, ...alarms, telemetry];
        });
        compare((set) => set.tick(nowMs + 500, nowMs + 500).flatMap((one) => [...one.alarms, one.telemetry]));
        if (step % 10 === 9) compare((set) => set.diagnostics(nowMs));
        if (random() < 0.7) continue;
        const command = pickOne(random, COMMANDS);
        compare((set) => {
          try {
            const { telemetry, events } = set.command(command, nowMs, nowMs);
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
});
