import { PHASE_TAG, QUALITY_TAG } from '../influx/mapping';
import { ALARM_TAG, SEVERITY_TAG } from '../influx/alarm-points';
import { tierField } from '../influx/tiers/aggregates';
import type { TimeRange } from '../influx/tiers/influxql';
import type { QuerySeries } from '../influx/tiers/influxql-server';
import { OPC_QUALITY_CODES } from '../domain/quality/quality';
import { splitPhase } from '../metrics/phases';
import { Pm500Error } from '../support/errors';
import { describeValue } from '../support/expect';
import type { StoredDemand } from './figures';
import { ENERGY_KEYS, NO_ENERGY, QUARTER_MS, type Energies, type StoredQuarter } from './load-profile';
import {
  COUNTER_REASONS,
  queryAlarms,
  queryAlarmsBefore,
  queryCounter,
  queryGauges,
  queryLoad,
  queryMissing,
  rowsOf,
  SITE_TAG,
  type ReportPlace,
  type StoredRow,
} from './report-queries';
import type { ReportTimes } from './report-times';
import type { CounterMark, CounterStep, StoredAlarm, StoredFigures } from './stored-figures';
import type { Measured, SupplyQuarter } from './supply';

interface LoadRows {
  readonly quarters: readonly StoredQuarter[];
  readonly demands: readonly StoredDemand[];
  readonly marks: readonly CounterMark[];
}

function energiesOf(row: StoredRow): Energies | undefined {
  const found = ENERGY_KEYS.map((key) => [key, row.number(key)] as const);
  if (found.every(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(found.map(([key, value]) => [key, value ?? 0])) as unknown as Energies;
}

function added(left: Energies | undefined, right: Energies): Energies {
  if (left === undefined) return right;
  const sum = { ...NO_ENERGY };
  for (const key of ENERGY_KEYS) sum[key] = left[key] + right[key];
  return sum;
}

/** By the tag; where quality is a field, by the worst value of the point. */
function isUncertain(row: StoredRow): boolean {
  const tag = row.tag(QUALITY_TAG);
  const code = row.number('code');
  return tag === '' ? code !== undefined && code < OPC_QUALITY_CODES.good : tag === 'uncertain';
}

/** A meter whose site was named anew has both names in one quarter of an hour at most. */
const MOST_SHARED_QUARTERS = 1;

/**
 * Two plants may have a meter of one name each in the same database.
 * @throws Pm500Error CONFIG_INVALID where energies of two sites would be added up
 */
function refuseTwoSites(meter: string, series: readonly QuerySeries[]): void {
  const sites = new Map<number, string>();
  const shared = new Map<number, readonly [string, string]>();
  for (const row of rowsOf(series)) {
    const site = row.tag(SITE_TAG);
    if (energiesOf(row) === undefined) continue;
    const other = sites.get(row.startMs) ?? site;
    if (other !== site) shared.set(row.startMs, [other, site]);
    sites.set(row.startMs, site);
  }
  const [first] = shared.values();
  if (first === undefined || shared.size <= MOST_SHARED_QUARTERS) return;
  const [left, right] = first.map(describeValue);
  throw new Pm500Error(
    'CONFIG_INVALID',
    `The meter ${describeValue(meter)} has energies of the sites ${left ?? ''} and ${right ?? ''} at the same time, which are two meters; give --site for the one that is meant.`,
  );
}

/** @param period in which marks count: one before it and one after it say nothing of it */
function loadOf(series: readonly QuerySeries[], period: TimeRange): LoadRows {
  const quarters = new Map<number, StoredQuarter>();
  const demands: StoredDemand[] = [];
  const marks = new Map<CounterMark['reason'], CounterMark>();
  for (const row of rowsOf(series)) {
    const { startMs } = row;
    const known: StoredQuarter = quarters.get(startMs) ?? { startMs, isCounterLost: false };
    const energies = energiesOf(row);
    const which = isUncertain(row) ? 'uncertain' : 'good';
    const isLost = [row.number('counter_started'), row.number('counter_replaced')].some((count = 0) => count > 0);
    const isFirst = known.good === undefined && known.uncertain === undefined;
    const absent = ENERGY_KEYS.filter(
      (key) => row.number(key) === undefined && (isFirst || known.absent?.includes(key) === true),
    );
    quarters.set(startMs, {
      ...known,
      ...(energies === undefined ? {} : { [which]: added(known[which], energies) }),
      isCounterLost: known.isCounterLost || isLost,
      ...(energies === undefined ? {} : { absent }),
    });
    for (const reason of COUNTER_REASONS) {
      if ((row.number(reason) ?? 0) === 0 || startMs < period.fromMs || startMs >= period.toMs) continue;
      const { firstMs = startMs, lastMs = startMs } = marks.get(reason) ?? {};
      marks.set(reason, { reason, firstMs: Math.min(firstMs, startMs), lastMs: Math.max(lastMs, startMs) });
    }
    const watts = row.number('demand');
    if (watts === undefined) continue;
    const endMs = row.number('lastDemand') === watts ? row.number('demandEnd') : undefined;
    demands.push({ watts, endMs: endMs ?? startMs + QUARTER_MS, isGood: which === 'good' });
  }
  const inOrder = [...quarters.values()].sort((left, right) => left.startMs - right.startMs);
  return { quarters: inOrder, demands, marks: [...marks.values()] };
}

function measuredIn(row: StoredRow, field: string): Measured | undefined {
  const [sum, count, least, greatest] = (['sum', 'count', 'min', 'max'] as const).map((each) =>
    row.number(tierField(field, each)),
  );
  if (sum === undefined || count === undefined || count === 0 || least === undefined || greatest === undefined)
    return undefined;
  return { mean: sum / count, least, greatest, greatestMs: row.startMs };
}

/** Of all quarters alike. */
function overAll(series: readonly QuerySeries[], field: string): Measured | undefined {
  const found = [...rowsOf(series)].flatMap((row) => measuredIn(row, field) ?? []);
  const [first] = found;
  if (first === undefined) return undefined;
  const greatest = found.reduce((most, each) => (each.greatest > most.greatest ? each : most), first);
  return {
    mean: found.reduce((sum, { mean }) => sum + mean, 0) / found.length,
    least: found.reduce((least, each) => Math.min(least, each.least), first.least),
    greatest: greatest.greatest,
    greatestMs: greatest.greatestMs,
  };
}

const PHASE_VOLTAGES = ['voltage_l1_n', 'voltage_l2_n', 'voltage_l3_n'] as const;

/** Points of the wide shape have a field for each phase, those of the long one a tag. */
async function readSupply(place: ReportPlace, meter: string, range: TimeRange): Promise<readonly SupplyQuarter[]> {
  const quarters = new Map<number, Record<string, Measured>>();
  const put = (startMs: number, phase: string | undefined, measured: Measured | undefined): void => {
    if (phase === undefined || measured === undefined) return;
    const found = quarters.get(startMs) ?? {};
    found[phase] = measured;
    quarters.set(startMs, found);
  };
  for (const row of rowsOf(await queryGauges(place, 'read', PHASE_VOLTAGES, meter, range)))
    for (const field of PHASE_VOLTAGES) put(row.startMs, splitPhase(field).phase, measuredIn(row, field));
  const { base } = splitPhase(PHASE_VOLTAGES[0]);
  const phases: readonly string[] = PHASE_VOLTAGES.flatMap((field) => splitPhase(field).phase ?? []);
  for (const row of rowsOf(await queryGauges(place, 'read', [base], meter, range, [PHASE_TAG])))
    if (phases.includes(row.tag(PHASE_TAG))) put(row.startMs, row.tag(PHASE_TAG), measuredIn(row, base));
  return [...quarters].sort(([left], [right]) => left - right).map(([startMs, found]) => ({ startMs, phases: found }));
}

/** How the counter stood at the end of quarters, in the order of time. */
function countersOf(series: readonly QuerySeries[]): ReadonlyMap<number, number> {
  const counters = new Map<number, number>();
  for (const row of rowsOf(series)) {
    const counter = row.number('counter');
    if (counter !== undefined) counters.set(row.startMs, counter);
  }
  return counters;
}

function counterStepsOf(counters: ReadonlyMap<number, number>, { fromMs, toMs }: TimeRange): readonly CounterStep[] {
  const steps: CounterStep[] = [];
  let last: number | undefined;
  for (const [atMs, counter] of counters) {
    if (atMs < fromMs || atMs >= toMs) continue;
    if (last !== undefined && counter < last) steps.push({ atMs, fromWh: last, toWh: counter });
    last = counter;
  }
  return steps;
}

function withCounters(
  quarters: readonly StoredQuarter[],
  counters: ReadonlyMap<number, number>,
): readonly StoredQuarter[] {
  return quarters.map((quarter) => {
    const counterWh = counters.get(quarter.startMs);
    return counterWh === undefined ? quarter : { ...quarter, counterWh };
  });
}

async function readAlarms(place: ReportPlace, meter: string, range: TimeRange): Promise<readonly StoredAlarm[]> {
  const alarms = new Map<string, StoredAlarm>();
  const put = (row: StoredRow, isWithin: boolean): void => {
    const [id, severity] = [row.tag(ALARM_TAG), row.tag(SEVERITY_TAG)];
    const known = alarms.get(`${severity} ${id}`) ?? { id, severity, message: '', raised: 0, isActive: false };
    const raised = isWithin ? (row.number('raised') ?? 0) : 0;
    alarms.set(`${severity} ${id}`, {
      ...known,
      message: row.text('message') ?? known.message,
      raised: known.raised + raised,
      isActive: (row.number('active') ?? (known.isActive ? 1 : 0)) > 0,
      ...(raised > 0 ? { firstMs: known.firstMs ?? row.startMs, lastMs: row.startMs } : {}),
    });
  };
  for (const row of rowsOf(await queryAlarmsBefore(place, meter, range.fromMs))) put(row, false);
  for (const row of rowsOf(await queryAlarms(place, meter, range))) put(row, true);
  return [...alarms.values()].filter(({ raised, isActive }) => raised > 0 || isActive);
}

async function readMissing(place: ReportPlace, meter: string, range: TimeRange): Promise<ReadonlyMap<string, number>> {
  const series = await queryMissing(place, meter, range);
  const reasons = series.flatMap(({ columns }) => columns.slice(1));
  const found = [...rowsOf(series)].flatMap((row) =>
    reasons.map((reason) => [reason, row.number(reason) ?? 0] as const),
  );
  return new Map(found.filter(([, count]) => count > 0).sort(([, left], [, right]) => right - left));
}

/**
 * Reads what a report of a meter is made of; a meter that is not in the database has nothing.
 * @throws Pm500Error CONFIG_INVALID where two sites have a meter of this name, or what the database says against it
 */
export async function readMeter(place: ReportPlace, meter: string, times: ReportTimes): Promise<StoredFigures> {
  const { period } = times;
  const readLoad = async (range: TimeRange): Promise<LoadRows & { readonly counters: ReadonlyMap<number, number> }> => {
    const series = await queryLoad(place, meter, range);
    refuseTwoSites(meter, series);
    const counters = countersOf(await queryCounter(place, meter, range));
    const load = loadOf(series, period);
    return { ...load, quarters: withCounters(load.quarters, counters), counters };
  };
  const { quarters, demands, marks, counters } = await readLoad(times.around);
  const before = await readLoad(times.yearBefore);
  const unbalances = await queryGauges(place, 'derived', ['voltage_unbalance', 'current_unbalance'], meter, period);
  const voltageUnbalance = overAll(unbalances, 'voltage_unbalance');
  const currentUnbalance = overAll(unbalances, 'current_unbalance');
  const frequency = overAll(await queryGauges(place, 'read', ['frequency'], meter, period), 'frequency');
  return {
    meter,
    quarters,
    demands,
    yearBefore: { quarters: before.quarters, demands: before.demands },
    supply: await readSupply(place, meter, period),
    ...(voltageUnbalance === undefined ? {} : { voltageUnbalance }),
    ...(currentUnbalance === undefined ? {} : { currentUnbalance }),
    ...(frequency === undefined ? {} : { frequency }),
    counterSteps: counterStepsOf(counters, period),
    counterMarks: marks,
    missing: await readMissing(place, meter, period),
    alarms: await readAlarms(place, meter, period),
  };
}
