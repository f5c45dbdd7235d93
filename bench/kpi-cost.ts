import { AlarmSet } from '../src/domain/alarms/alarm-set';
import { parseAlarmRules } from '../src/domain/alarms/parse-rules';
import { EnergyDeltas, type EnergyDelta } from '../src/domain/counters/energy-deltas';
import { KpiLines } from '../src/domain/kpis/kpi-lines';
import { KPI_KEYS, type KpiKey } from '../src/domain/kpis/kpi-rows';
import { KpiSet } from '../src/domain/kpis/kpi-set';
import { DEFAULT_KPI_SETTINGS, type KpiSettings } from '../src/domain/kpis/settings';
import { currentUnbalance, voltageUnbalance } from '../src/domain/kpis/unbalance';
import { parseTariff } from '../src/domain/tariff/parse-tariff';
import { WALL_TIMES } from '../src/domain/time/read-times';
import { normalizeReading } from '../src/domain/quality/normalize';
import type { Telemetry } from '../src/domain/messages/telemetry';
import { defaultAlarms } from '../src/meters/pm500/alarm-defaults';
import { ALL_METRICS } from '../src/metrics/derived-metrics';
import { seededRandom } from '../src/support/random';
import { sampleReading } from '../testkit/meters/readings';
import type { BenchLine } from './report';

const ROUNDS = 60;
const TELEMETRIES_PER_ROUND = 200;
const SECOND_MS = 1000;
/** What the counters count in a second. */
const STEP = 70;

const tariff = parseTariff({
  timeZone: 'Europe/Berlin',
  periods: [
    { name: 'peak', pricePerKwh: 0.3 },
    { name: 'night', pricePerKwh: 0.1 },
  ],
  otherwise: 'peak',
  rules: [{ period: 'night', from: '22:00', to: '06:00' }],
});

/** What is measured by itself, of one telemetry after the other. */
interface Work {
  readonly what: string;
  readonly take: (telemetry: Telemetry, deltas: readonly EnergyDelta[]) => unknown;
}

const settingsOf = (kpis: readonly KpiKey[]): KpiSettings => ({ ...DEFAULT_KPI_SETTINGS, kpis, tariff });

/** The figures of energies that these KPIs tell, from deltas that are known. */
function linesOf(kpis: readonly KpiKey[]): Work['take'] {
  const lines = new KpiLines(settingsOf(kpis), {});
  return (_telemetry, deltas) => {
    lines.update(deltas, WALL_TIMES, {});
  };
}

function takeOf(key: KpiKey): Work['take'] {
  const { minimumVolts, minimumAmperes } = DEFAULT_KPI_SETTINGS;
  if (key === 'voltage_unbalance') return ({ metrics }) => voltageUnbalance(metrics, minimumVolts);
  if (key === 'current_unbalance') return ({ metrics }) => currentUnbalance(metrics, minimumAmperes);
  return linesOf([key]);
}

function workOfAlarms(): Work {
  const { rules } = parseAlarmRules(
    defaultAlarms({ lineToNeutralVolts: 230, frequencyHz: 50, ratedAmperes: 400 }),
    new Map(ALL_METRICS.map((metric) => [metric.name, metric])),
  );
  const alarms = new AlarmSet(rules);
  return {
    what: `${rules.length} default alarms`,
    take: ({ metrics, timestamp }) => alarms.update(metrics, { wallMs: timestamp, elapsedMs: timestamp }),
  };
}

/** Telemetries of all groups, a second and some Wh apart, and the deltas of each. */
function source(): () => readonly (readonly [Telemetry, readonly EnergyDelta[]])[] {
  const template = normalizeReading(sampleReading([101, 102, 107, 108], seededRandom(3)));
  const deltas = new EnergyDeltas();
  let count = 0;
  const next = (): readonly [Telemetry, readonly EnergyDelta[]] => {
    count++;
    const timestamp = template.timestamp + count * SECOND_MS;
    const metrics = { ...template.metrics };
    for (const [name, sample] of Object.entries(template.metrics)) {
      if (name.endsWith('_total')) metrics[name] = { ...sample, value: 1e9 + STEP * count, timestamp };
    }
    const telemetry = { ...template, timestamp, metrics };
    return [telemetry, deltas.update(telemetry, {})];
  };
  return () => Array.from({ length: TELEMETRIES_PER_ROUND }, next);
}

/**
 * Microseconds for one telemetry, of each work: the least of many rounds, in which the works take turns. Each is timed
 * directly, since the difference of two totals is below zero where the noise is larger than it.
 */
function microsecondsOf(works: readonly Work[]): readonly number[] {
  const make = source();
  const least = works.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round++) {
    const inputs = make();
    for (const [place, { take }] of works.entries()) {
      const startedAt = performance.now();
      for (const [telemetry, deltas] of inputs) take(telemetry, deltas);
      const each = ((performance.now() - startedAt) * 1000) / inputs.length;
      least[place] = Math.min(least[place] ?? Infinity, each);
    }
  }
  return least;
}

/** What deltas, each KPI and the default alarms cost of a telemetry. */
export function benchKpis(): BenchLine[] {
  const deltas = new EnergyDeltas();
  const everything = new KpiSet(settingsOf(KPI_KEYS));
  const works: readonly Work[] = [
    { what: 'energy deltas', take: (telemetry) => deltas.update(telemetry, {}) },
    { what: 'totals of periods and demand windows', take: linesOf([]) },
    ...KPI_KEYS.map((key) => ({
      what: key.endsWith('_unbalance') ? `KPI ${key}` : `KPI ${key}, with those totals`,
      take: takeOf(key),
    })),
    { what: 'all KPIs with their deltas', take: (telemetry) => everything.update(telemetry) },
    workOfAlarms(),
  ];
  const costs = microsecondsOf(works);
  return works.map(({ what }, place) => ({
    what: `${what}, per telemetry`,
    value: `${(costs[place] ?? Number.NaN).toFixed(2)} us`,
  }));
}
