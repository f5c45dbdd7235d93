import type { Zone } from '../../domain/tariff/zone';
import { periodQuery, windowQuery, type TimeRange } from './influxql';
import type { InfluxQlServer, QuerySeries } from './influxql-server';
import { keptTimes, type KeptTimes } from './kept-times';
import type { PeriodTier, WindowTier } from './plan';
import type { Source } from './sources';
import { storedSource } from './stored-fields';

/** Which part of which tiers is to be made (again). */
export interface RollUpRequest extends TimeRange {
  readonly database: string;
  readonly sources: readonly Source[];
  /** In the order in which they are made of each other. */
  readonly tiers: readonly (WindowTier | PeriodTier)[];
  /** Whose days and months count. */
  readonly zone: Zone;
  readonly nowMs: number;
}

/** A part of a tier that was made. */
export interface RolledUp extends TimeRange {
  readonly tier: string;
  /** Points of the tier. */
  readonly written: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/**
 * What one statement makes, in points of the tier: few enough that a server never holds much, enough that the cost of a
 * statement of hundreds of fields does not count. Of 50 meters that is an hour or two of minutes.
 */
const MOST_POINTS = 10_000;

/**
 * From when on a tier can be made: what it is made of is whole since then, and what is older than the tier keeps is not
 * taken. A window of which a part is gone already would be summed up wrong, and take the place of a right one.
 */
function possibleSince(tier: WindowTier | PeriodTier, kept: KeptTimes, nowMs: number): number {
  return nowMs - Math.min(kept.of(tier.from), kept.of(tier.name));
}

/** Whole windows of the range; the one that runs is left to the database. */
function windowsOf({ windowMs }: WindowTier, sinceMs: number, { fromMs, toMs, nowMs }: RollUpRequest): TimeRange {
  const first = Math.max(Math.floor(fromMs / windowMs), Math.ceil(sinceMs / windowMs));
  const end = Math.min(Math.ceil(toMs / windowMs), Math.floor(nowMs / windowMs));
  return { fromMs: first * windowMs, toMs: end * windowMs };
}

/** Parts of a range, each as long as the points of the one before let it be. */
function* partsOf({ fromMs, toMs }: TimeRange): Generator<TimeRange, void, number> {
  let lengthMs = HOUR_MS;
  for (let at = fromMs; at < toMs;) {
    const next = Math.min(at + lengthMs, toMs);
    const written = yield { fromMs: at, toMs: next };
    if (written > MOST_POINTS) lengthMs = Math.max(HOUR_MS / 4, lengthMs / 2);
    else if (written < MOST_POINTS / 4) lengthMs = Math.min(2 * DAY_MS, lengthMs * 2);
    at = next;
  }
}

/** Periods that overlap the range and some before it, as one that ended lately may not have been made yet; none that runs. */
function* periodsOf(
  tier: PeriodTier,
  sinceMs: number,
  { fromMs, toMs, nowMs, zone }: RollUpRequest,
): Generator<TimeRange> {
  let { startMs, endMs } = zone.periodAt(tier.period, Math.max(fromMs, sinceMs));
  for (let before = 0; before < tier.alsoBefore; before += 1)
    ({ startMs, endMs } = zone.periodAt(tier.period, startMs - 1));
  while (startMs < toMs && endMs <= nowMs) {
    if (startMs >= sinceMs) yield { fromMs: startMs, toMs: endMs };
    ({ startMs, endMs } = zone.periodAt(tier.period, endMs));
  }
}

function writtenIn(answer: readonly QuerySeries[]): number {
  return answer.reduce((sum, { columns, values }) => sum + Number(values[0]?.[columns.indexOf('written')] ?? 0), 0);
}

/**
 * Makes tiers (again) for a time: what came too late for the continuous queries gets in, and days and months of the site
 * are made. It may run twice, and at the same time as the continuous queries: each window is made from all there is and
 * takes the place of itself.
 * @throws Pm500Error what the server says against it; what was made until then stays
 */
export async function* rollUp(server: InfluxQlServer, request: RollUpRequest): AsyncGenerator<RolledUp> {
  const { database, sources, tiers } = request;
  const kept = await keptTimes(server, database);
  for (const tier of tiers) {
    const sinceMs = possibleSince(tier, kept, request.nowMs);
    const stored: Source[] = [];
    for (const source of sources) stored.push(await storedSource(server, database, source, tier.from));
    const filled = stored.filter(({ fields }) => fields.length > 0);
    const isWindow = 'windowMs' in tier;
    const parts = isWindow ? partsOf(windowsOf(tier, sinceMs, request)) : periodsOf(tier, sinceMs, request);
    for (let part = parts.next(); part.done !== true;) {
      const range = part.value;
      let written = 0;
      for (const source of filled) {
        const query = isWindow
          ? windowQuery(database, source, tier, range)
          : periodQuery(database, source, tier, range);
        written += writtenIn(await server.query(query));
      }
      yield { tier: tier.name, written, ...range };
      part = parts.next(written);
    }
  }
}
