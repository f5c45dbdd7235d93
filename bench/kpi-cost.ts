import { AlarmSet } from '../src/domain/alarms/alarm-set';
import { parseAlarmRules } from '../src/domain/alarms/parse-rules';
import { KPI_KEYS, type KpiKey } from '../src/domain/kpis/kpi-rows';
import { KpiSet } from '../src/domain/kpis/kpi-set';
import { DEFAULT_KPI_SETTINGS, type KpiSettings } from '../src/domain/kpis/settings';
import { parseTariff } from '../src/domain/tariff/parse-tariff';
import { normalizeReading } from '../src/domain/quality/normalize';
import type { Sample, Telemetry } from '../src/domain/messages/telemetry';
import { defaultAlarms } from '../src/meters/pm500/alarm-defaults';
import { ALL_METRICS } from '../src/metrics/derived-metrics';
import { seededRandom } from '../src/support/random';
import { sampleReading } from '../testkit/meters/readings';
import { measureRate } from './measure';
import type { BenchLine } from './report';

const TELEMETRIES_PER_ROUND = 100;
const SECOND_MS = 1000;

type Changeable<Row> = { -readonly [Key in keyof Row]: Row[Key] };

const tariff = parseTariff({
  timeZone: 'Europe/Berlin',
  periods: [
    { name: 'peak', pricePerKwh: 0.3 },
    { name: 'night', pricePerKwh: 0.1 },
  ],
  otherwise: 'peak',
  rules: [{ period: 'night', from: '22:00', to: '06:00' }],
});

/**
 * Microseconds for one telemetry of all groups, a second after the one before and some Wh further. The telemetry is
 * changed in place, so that only the work on it is measured.
 */
function microsecondsOf(take: (telemetry: Telemetry) => unknown): number {
  const { metrics, ...rest } = normalizeReading(sampleReading([101, 102, 107, 108], seededRandom(3)));
  const samples = metrics as Record<string, Changeable<Sample>>;
  const counters = Object.entries(samples).flatMap(([name, sample]) => (name.endsWith('_total') ? [sample] : []));
  const telemetry: Changeable<Telemetry> = { ...rest, metrics };
  let energy = 1e9;
  const { perSecond } = measureRate(
    () => {
      for (let index = 0; index < TELEMETRIES_PER_ROUND; index++) {
        telemetry.timestamp += SECOND_MS;
        energy += 70;
        for (const sample of counters) {
          sample.value = energy;
          sample.timestamp = telemetry.timestamp;
        }
        take(telemetry);
      }
      return TELEMETRIES_PER_ROUND;
    },
    150,
    3,
  );
  return 1e6 / perSecond;
}

function kpiCost(kpis: readonly KpiKey[], withDeltas = true): number {
  const settings: KpiSettings = { ...DEFAULT_KPI_SETTINGS, kpis, tariff };
  const set = new KpiSet(settings, withDeltas ? {} : { counters: [] });
  return microsecondsOf((telemetry) => set.update(telemetry));
}

/** What deltas, each KPI and the default alarms add to a telemetry. */
export function benchKpis(): BenchLine[] {
  // Compiled code for all of them first, so that no difference is one of warmth.
  const everything = kpiCost(KPI_KEYS);
  const nothing = kpiCost([], false);
  const deltas = kpiCost([]);
  const line = (what: string, microseconds: number): BenchLine => ({
    what,
    value: `${microseconds.toFixed(2)} us`,
  });
  const { rules } = parseAlarmRules(
    defaultAlarms({ lineToNeutralVolts: 230, frequencyHz: 50, ratedAmperes: 400 }),
    new Map(ALL_METRICS.map((metric) => [metric.name, metric])),
  );
  const alarms = new AlarmSet(rules);
  const alarmCost = microsecondsOf(({ metrics, timestamp }) =>
    alarms.update(metrics, { wallMs: timestamp, elapsedMs: timestamp }),
  );
  return [
    line('energy deltas and period totals, per telemetry', deltas - nothing),
    ...KPI_KEYS.map((key) => line(`KPI ${key}, added per telemetry`, kpiCost([key]) - deltas)),
    line('all KPIs with their deltas, per telemetry', everything),
    line(`${rules.length} default alarms, per telemetry`, alarmCost - nothing),
  ];
}
