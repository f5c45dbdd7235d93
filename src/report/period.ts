import type { Zone } from '../domain/tariff/zone';

export const REPORT_KINDS = ['month', 'week'] as const;
export type ReportKind = (typeof REPORT_KINDS)[number];

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const DAYS_PER_WEEK = 7;
/** A year before is as many whole weeks before, so that weekdays meet weekdays. */
const WEEKS_PER_YEAR = 52;

/** The time that a report is about: whole days of the site, so those of clock changes have 23 or 25 hours. */
export interface ReportPeriod {
  readonly kind: ReportKind | 'days';
  /** `2026-10`, `2026-W43` or `2026-10-01_2026-10-14`. */
  readonly key: string;
  /** The first moment, and the first one that does not belong to it; epoch milliseconds UTC. */
  readonly fromMs: number;
  readonly toMs: number;
}

const dateOf = (localMs: number): string => new Date(localMs).toISOString().slice(0, 10);

/** The Monday of the week that holds a local day. */
function mondayOf(localMs: number): number {
  const sinceMonday = (new Date(localMs).getUTCDay() + DAYS_PER_WEEK - 1) % DAYS_PER_WEEK;
  return Math.floor(localMs / DAY_MS) * DAY_MS - sinceMonday * DAY_MS;
}

/** ISO 8601: the week that has the 4th of January is the first of its year; a week belongs to the year of its Thursday. */
function weekKey(mondayMs: number): string {
  const year = new Date(mondayMs + 3 * DAY_MS).getUTCFullYear();
  const first = mondayOf(Date.UTC(year, 0, 4));
  return `${year}-W${String(1 + Math.round((mondayMs - first) / (DAYS_PER_WEEK * DAY_MS))).padStart(2, '0')}`;
}

function monthAt(zone: Zone, year: number, month: number): ReportPeriod {
  const start = Date.UTC(year, month, 1);
  return {
    kind: 'month',
    key: dateOf(start).slice(0, 7),
    fromMs: zone.timeOf(start),
    toMs: zone.timeOf(Date.UTC(year, month + 1, 1)),
  };
}

function weekAt(zone: Zone, mondayMs: number): ReportPeriod {
  return {
    kind: 'week',
    key: weekKey(mondayMs),
    fromMs: zone.timeOf(mondayMs),
    toMs: zone.timeOf(mondayMs + DAYS_PER_WEEK * DAY_MS),
  };
}

/** Whole days of the site, from one to another; the last does not belong to it. Local midnights, as `Zone` writes them. */
export function daysBetween(zone: Zone, fromLocalMs: number, toLocalMs: number): ReportPeriod {
  const key = `${dateOf(fromLocalMs)}_${dateOf(toLocalMs - DAY_MS)}`;
  return { kind: 'days', key, fromMs: zone.timeOf(fromLocalMs), toMs: zone.timeOf(toLocalMs) };
}

/** The month or week that ended last before a time. */
export function lastEnded(kind: ReportKind, zone: Zone, nowMs: number): ReportPeriod {
  const local = zone.localOf(nowMs);
  const now = new Date(local);
  return kind === 'month'
    ? monthAt(zone, now.getUTCFullYear(), now.getUTCMonth() - 1)
    : weekAt(zone, mondayOf(local) - DAYS_PER_WEEK * DAY_MS);
}

/** The month `2026-10` or the week `2026-W43`; undefined for what is none. */
export function periodNamed(kind: ReportKind, zone: Zone, text: string): ReportPeriod | undefined {
  const [, year = '', number = ''] = (kind === 'month' ? /^(\d{4})-(\d\d)$/ : /^(\d{4})-W(\d\d)$/).exec(text) ?? [];
  if (year === '') return undefined;
  const found =
    kind === 'month'
      ? monthAt(zone, Number(year), Number(number) - 1)
      : weekAt(zone, mondayOf(Date.UTC(Number(year), 0, 4)) + (Number(number) - 1) * DAYS_PER_WEEK * DAY_MS);
  // There is no 13th month, and in most years no 53rd week.
  return found.key === text ? found : undefined;
}

/** The same time of the year before, or the period right before: as many days, or the month. */
export function periodBefore(zone: Zone, period: ReportPeriod, which: 'period' | 'year'): ReportPeriod {
  // Where clocks skip midnight, a day begins later than that.
  const dayOf = (timeMs: number): number => Math.floor(zone.localOf(timeMs) / DAY_MS) * DAY_MS;
  const [from, to] = [dayOf(period.fromMs), dayOf(period.toMs)];
  const start = new Date(from);
  if (period.kind === 'month') {
    return monthAt(
      zone,
      start.getUTCFullYear() - (which === 'year' ? 1 : 0),
      start.getUTCMonth() - (which === 'year' ? 0 : 1),
    );
  }
  if (period.kind === 'week') {
    return weekAt(zone, from - (which === 'year' ? WEEKS_PER_YEAR : 1) * DAYS_PER_WEEK * DAY_MS);
  }
  if (which === 'period') return daysBetween(zone, from - (to - from), from);
  const days = Math.round((to - from) / DAY_MS);
  const before = Date.UTC(start.getUTCFullYear() - 1, start.getUTCMonth(), start.getUTCDate());
  return daysBetween(zone, before, before + days * DAY_MS);
}
