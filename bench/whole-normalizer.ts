import { workingLayout } from '../src/domain/codec/built-in-layouts';
import { decodeBlock } from '../src/domain/codec/decode';
import { encodeBlock } from '../src/domain/codec/encode';
import { KPI_KEYS } from '../src/domain/kpis/kpi-rows';
import { DEFAULT_KPI_SETTINGS } from '../src/domain/kpis/settings';
import { Normalizer } from '../src/domain/normalizer/normalizer';
import { rulesOf } from '../src/domain/normalizer/rules';
import type { Reading, Value } from '../src/domain/messages/reading';
import { ALL_METRICS } from '../src/metrics/derived-metrics';
import { seededRandom, type Random } from '../src/support/random';
import { sampleReading } from '../testkit/meters/readings';
import { measureRate } from './measure';
import { formatCount, type BenchLine } from './report';
import { PM500 } from '../src/meters/pm500';

/** So few that most rounds pass without a garbage collection, see `measureRate`. */
const READINGS_PER_ROUND = 20;
const SECOND_MS = 1000;
const READINGS_OF_A_DAY = 90_000;
/** Different bytes, one after the other, so that some values pass their deadband and most do not. */
const VARIANTS = 16;

/** Voltages, currents and powers that wander by some tenths of a percent. */
function wander(values: Readonly<Record<string, Value>>, random: Random): Record<string, Value> {
  const moved = Object.entries(values).map(([name, value]): readonly [string, Value] =>
    typeof value === 'number' && /^(voltage|current|active_power|apparent_power|reactive_power)_/.test(name)
      ? [name, value * (1 + 0.004 * (random() - 0.5))]
      : [name, value],
  );
  return Object.fromEntries(moved);
}

/** Readings of all nine assemblies, a second apart, whose counters count. */
function readingSource(): { readonly next: () => Reading; readonly values: number } {
  const random = seededRandom(9);
  const template = sampleReading([...workingLayout(PM500).blocks.keys()], random);
  const blocks = template.blocks.map((block) => {
    const plan = workingLayout(PM500).blocks.get(block.assembly!)!;
    const variants = Array.from({ length: VARIANTS }, () => encodeBlock(plan, wander(block.values, random)));
    return { block, plan, variants };
  });
  let count = 0;
  const next = (): Reading => {
    count++;
    const timestamp = template.timestamp + count * SECOND_MS;
    return {
      ...template,
      layout: { ...template.layout, confirmed: true },
      timestamp,
      blocks: blocks.map(({ block, plan, variants }) => {
        const decoded = decodeBlock(plan, variants[count % VARIANTS]!);
        if (plan.instance === 107) {
          for (const name in decoded.values) if (name.endsWith('_total')) decoded.values[name] = 1e9 + 70 * count;
        }
        return { ...block, ...decoded, timestamp };
      }),
    };
  };
  return { next, values: blocks.reduce((sum, { plan }) => sum + plan.rows.length, 0) };
}

/** Everything that `pm500-normalize` can do to a reading at once. */
export function benchWholeNormalizer(): BenchLine[] {
  const { next, values } = readingSource();
  const { rules } = rulesOf({
    model: PM500,
    own: undefined,
    nominal: { lineToNeutralVolts: 230, frequencyHz: 50, ratedAmperes: 400 },
    energyDeltas: true,
    metrics: new Map(ALL_METRICS.map((metric) => [metric.name, metric])),
  });
  const kpis = KPI_KEYS.filter((key) => key !== 'cost' && key !== 'tariff_energy');
  const settings = { model: PM500, kpis: { ...DEFAULT_KPI_SETTINGS, kpis }, energyDeltas: true, alarmRules: rules };
  const normalizer = new Normalizer({ ...settings, report: { maxIntervalMs: 300 * SECOND_MS } }, next().meter);
  let reported = 0;
  let readings = 0;
  const run = (count: number): number => {
    for (let index = 0; index < count; index++) {
      const reading = next();
      const { telemetry } = normalizer.accept(reading, reading.timestamp, reading.timestamp);
      readings++;
      if (telemetry !== undefined) reported += Object.keys(telemetry.metrics).length;
    }
    return count;
  };
  // Values of a whole day come when one has ended; from then on a telemetry has more members.
  run(READINGS_OF_A_DAY);
  const rate = measureRate(() => run(READINGS_PER_ROUND));
  const share = (reported / readings).toFixed(0);
  return [
    {
      what: 'decode + normalize + KPIs + alarms + deadband',
      value: `${formatCount(rate.perSecond)} telemetries/s`,
      note: `${formatCount(rate.perSecond * values)} values/s, ${formatCount(rate.bytesPerUnit)} bytes allocated per reading of ${values} values, ${share} values sent of each; ${kpis.length} KPIs, ${rules.length} alarms; to reach: 2 M/s, 32 k`,
    },
  ];
}
