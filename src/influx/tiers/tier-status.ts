import type { Zone } from '../../domain/tariff/zone';
import { measurementIn } from './influxql';
import type { InfluxQlServer } from './influxql-server';
import { RAW, SUMMARY_TIERS, WINDOW_TIERS, type PeriodTier, type WindowTier } from './plan';
import type { Source } from './sources';

/** How far a tier has come. */
export interface TierStatus {
  readonly tier: string;
  /** Up to when it has points, epoch milliseconds UTC: the end of its newest window; absent where it has none. */
  readonly untilMs?: number;
  /** How much it should have and has not, ms; 0 when it has all that can be there. */
  readonly behindMs: number;
  /** True when that is more than the way from raw points to the tier takes. */
  readonly isBehind: boolean;
}

export interface TiersStatus {
  /** The newest raw point; absent where there is none. */
  readonly newestMs?: number;
  readonly tiers: readonly TierStatus[];
  /** What makes minutes and quarters: continuous queries of InfluxDB 1, or tasks of InfluxDB 2, which make days, too. */
  readonly madeBy: 'queries' | 'tasks';
  /** Names of continuous queries that should be there and are not. Who may read tiers is not told about tasks. */
  readonly missingQueries: readonly string[];
}

const MINUTE_MS = 60_000;
/** The roll-up of days runs at night, once. */
const NIGHT_MS = 12 * 60 * MINUTE_MS;

/** The time of the newest or the oldest point of the sources, epoch milliseconds; undefined without a point. */
async function edgeOf(
  server: InfluxQlServer,
  database: string,
  policy: string,
  sources: readonly Source[],
  edge: 'newest' | 'oldest',
): Promise<number | undefined> {
  const times: number[] = [];
  for (const { influxMeasurement } of sources) {
    const from = measurementIn(database, policy, influxMeasurement);
    const order = edge === 'newest' ? 'DESC' : 'ASC';
    const [series] = await server.query(`SELECT * FROM ${from} ORDER BY time ${order} LIMIT 1`);
    const time = series?.values[0]?.[0];
    if (typeof time === 'number') times.push(time);
  }
  return times.length === 0 ? undefined : edge === 'newest' ? Math.max(...times) : Math.min(...times);
}

const isWindowTier = (tier: WindowTier | PeriodTier): tier is WindowTier => 'windowMs' in tier;

/** The window of a tier that holds this time. */
function windowAt(tier: WindowTier | PeriodTier, timeMs: number, zone: Zone): { startMs: number; endMs: number } {
  if (!isWindowTier(tier)) return zone.periodAt(tier.period, timeMs);
  const startMs = Math.floor(timeMs / tier.windowMs) * tier.windowMs;
  return { startMs, endMs: startMs + tier.windowMs };
}

/** How late a tier may be: twice the time between two runs, and what the tier before it takes. */
function graceMsOf(tier: WindowTier | PeriodTier): number {
  if (!isWindowTier(tier)) return NIGHT_MS;
  return 2 * parseInt(tier.every) * MINUTE_MS + (tier.from === RAW.name ? 0 : 4 * MINUTE_MS);
}

/**
 * Whether every tier has what it can have, told from the newest points: raw ones against those of the tier. A site that
 * sends nothing is not behind.
 * @param sources of values; alarms come when they will
 */
export async function tiersStatus(
  server: InfluxQlServer,
  database: string,
  sources: readonly Source[],
  zone: Zone,
): Promise<TiersStatus> {
  const edge = (policy: string, which: 'newest' | 'oldest'): Promise<number | undefined> =>
    edgeOf(server, database, policy, sources, which);
  const newestMs = await edge(RAW.name, 'newest');
  const tiers: TierStatus[] = [];
  for (const tier of SUMMARY_TIERS) {
    const newest = await edge(tier.name, 'newest');
    const untilMs = newest === undefined ? undefined : windowAt(tier, newest, zone).endMs;
    // Of a tier without a point everything is missing since the first raw one.
    const oldest = untilMs === undefined ? await edge(RAW.name, 'oldest') : undefined;
    const hasUntilMs = untilMs ?? (oldest === undefined ? undefined : windowAt(tier, oldest, zone).startMs);
    const isMade = { tier: tier.name, ...(untilMs === undefined ? {} : { untilMs }) };
    if (newestMs === undefined || hasUntilMs === undefined) tiers.push({ ...isMade, behindMs: 0, isBehind: false });
    else {
      // The window of the newest raw point runs; the one before it has ended, and can be there since then.
      const dueMs = windowAt(tier, newestMs, zone).startMs;
      const behindMs = Math.max(0, dueMs - hasUntilMs);
      tiers.push({
        ...isMade,
        behindMs,
        isBehind: behindMs > 0 && newestMs - hasUntilMs > lengthMsOf(tier, hasUntilMs, zone) + graceMsOf(tier),
      });
    }
  }
  const madeBy = server.major === 1 ? 'queries' : 'tasks';
  const missing = madeBy === 'queries' ? await missingQueries(server, database, sources) : [];
  return { ...(newestMs === undefined ? {} : { newestMs }), tiers, madeBy, missingQueries: missing };
}

/** Length of the window that begins at this time. */
function lengthMsOf(tier: WindowTier | PeriodTier, startMs: number, zone: Zone): number {
  return windowAt(tier, startMs, zone).endMs - startMs;
}

async function missingQueries(
  server: InfluxQlServer,
  database: string,
  sources: readonly Source[],
): Promise<readonly string[]> {
  const found = await server.query('SHOW CONTINUOUS QUERIES');
  const there = new Set(found.find(({ name }) => name === database)?.values.map(([name]) => name));
  return WINDOW_TIERS.flatMap(({ name }) => sources.map((source) => `${source.influxMeasurement}_${name}`)).filter(
    (name) => !there.has(name),
  );
}
