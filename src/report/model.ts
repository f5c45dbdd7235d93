import type { Tariff } from '../domain/tariff/tariff';
import type { Zone } from '../domain/tariff/zone';
import { tanPhiOf, kilowattHours } from '../domain/kpis/formulas';
import { countedTwice } from './counted-twice';
import { gapsOf, loadDuration, loadFigures, type LoadFigures, type LoadLimits, type ReportGap } from './figures';
import { isLoadRead, loadProfile, MOST_SILENT_MS, QUARTER_MS, type LoadQuarter } from './load-profile';
import { meterNotes, type ReportNote } from './notes';
import { HOUR_MS, periodBefore, type ReportPeriod } from './period';
import type { StoredFigures } from './stored-figures';
import { phaseVoltages, type PhaseVoltage } from './supply';
import { tariffFigures, tariffOverlaps, type TariffFigures } from './tariff-costs';

/** What a report is to be about. */
export interface ReportRequest {
  readonly period: ReportPeriod;
  readonly zone: Zone;
  /** Epoch milliseconds UTC. */
  readonly nowMs: number;
  /** Name of the site, where its meters were asked for. */
  readonly site?: string;
  readonly tariff?: Tariff;
  /** Power factor that the contract asks for. */
  readonly powerFactor?: number;
  /** Line to neutral, V. */
  readonly nominalVolts?: number;
}

/** Figures of a meter in one period. */
export interface MeterFigures extends LoadFigures {
  readonly tariff?: TariffFigures;
}

/** A day of the site. */
export interface ReportDay {
  readonly startMs: number;
  readonly importKwh: number;
  readonly exportKwh: number;
  /** Percent of its quarters that were read. */
  readonly coverage: number;
  readonly hours: number;
}

export interface ReportMeter extends Pick<
  StoredFigures,
  'meter' | 'voltageUnbalance' | 'currentUnbalance' | 'frequency' | 'missing' | 'alarms'
> {
  /** Whether it is out of a file, which knows nothing of alarms. */
  readonly isOfFile: boolean;
  /** Absent where nothing is known of the period; the same for the others. */
  readonly figures?: MeterFigures;
  readonly before?: MeterFigures;
  readonly yearBefore?: MeterFigures;
  readonly days: readonly ReportDay[];
  /** Mean active demand of each quarter of the period, W; undefined where it was not read. */
  readonly profile: readonly (number | undefined)[];
  /** W, highest first. */
  readonly duration: readonly number[];
  readonly gaps: readonly ReportGap[];
  readonly voltages: readonly PhaseVoltage[];
  readonly notes: readonly ReportNote[];
}

export interface ReportModel extends ReportRequest {
  readonly before: ReportPeriod;
  readonly yearBefore: ReportPeriod;
  /** Up to when there can be figures: the end of the period, or now. */
  readonly untilMs: number;
  readonly meters: readonly ReportMeter[];
  readonly notes: readonly ReportNote[];
}

const DAY_HOURS = 24;
/** Quarters of an hour are made again for so long; a younger one may not be there, or grow. */
const SETTLED_MS = 2 * QUARTER_MS;
const PERCENT = 100;

/** Up to when quarters of a period can be there. */
export function settledUntil({ toMs }: ReportPeriod, nowMs: number): number {
  return Math.min(toMs, Math.floor((nowMs - SETTLED_MS) / QUARTER_MS) * QUARTER_MS);
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function figuresOf(
  { quarters, demands, file }: Pick<StoredFigures, 'quarters' | 'demands' | 'file'>,
  { fromMs, toMs }: Span,
  tariff: Tariff | undefined,
  limits: LoadLimits,
): { readonly profile: readonly LoadQuarter[]; readonly figures?: MeterFigures } {
  const profile = loadProfile(quarters, fromMs, toMs, file === undefined ? MOST_SILENT_MS : 0);
  const own = demands.filter(({ endMs }) => endMs > fromMs && endMs <= toMs);
  const figures = loadFigures(profile, own, limits);
  if (figures === undefined) return { profile };
  return {
    profile,
    figures: {
      ...figures,
      ...(tariff === undefined || figures.absent.includes('activeImport')
        ? {}
        : { tariff: tariffFigures(tariff, profile) }),
    },
  };
}

function daysOf(profile: readonly LoadQuarter[], zone: Zone): readonly ReportDay[] {
  const days: (ReportDay & { readonly endMs: number; readonly own: LoadQuarter[] })[] = [];
  for (const quarter of profile) {
    const last = days.at(-1);
    if (last !== undefined && quarter.startMs < last.endMs) last.own.push(quarter);
    else {
      const { startMs, endMs } = zone.periodAt('day', quarter.startMs);
      days.push({
        startMs,
        endMs,
        own: [quarter],
        importKwh: 0,
        exportKwh: 0,
        coverage: 0,
        hours: (endMs - startMs) / HOUR_MS,
      });
    }
  }
  return days.map(({ startMs, hours, own }) => ({
    startMs,
    hours,
    importKwh: kilowattHours(own.reduce((sum, { activeImport }) => sum + activeImport, 0)),
    exportKwh: kilowattHours(own.reduce((sum, { activeExport }) => sum + activeExport, 0)),
    coverage: (PERCENT * own.filter(isLoadRead).length) / own.length,
  }));
}

type Periods = Pick<ReportModel, 'before' | 'yearBefore' | 'untilMs'>;

function meterOf(stored: StoredFigures, request: ReportRequest, periods: Periods): ReportMeter {
  const { period, zone, tariff, powerFactor, nominalVolts } = request;
  const limits = powerFactor === undefined ? {} : { tanPhi: tanPhiOf(powerFactor) };
  const { profile, figures } = figuresOf(stored, { fromMs: period.fromMs, toMs: periods.untilMs }, tariff, limits);
  const { figures: before } = figuresOf(stored, periods.before, tariff, limits);
  const { figures: yearBefore } = figuresOf({ ...stored, ...stored.yearBefore }, periods.yearBefore, tariff, limits);
  const gaps = figures === undefined ? [] : gapsOf(profile);
  const twice = countedTwice(
    stored.quarters.filter(({ startMs }) => startMs >= period.fromMs && startMs < periods.untilMs),
  );
  const estimatedKwh = figures?.tariff?.levels.reduce((sum, level) => sum + level.estimatedKwh, 0) ?? 0;
  const { meter, voltageUnbalance, currentUnbalance, frequency, missing, alarms } = stored;
  return {
    meter,
    missing,
    alarms,
    isOfFile: stored.file !== undefined,
    ...(voltageUnbalance === undefined ? {} : { voltageUnbalance }),
    ...(currentUnbalance === undefined ? {} : { currentUnbalance }),
    ...(frequency === undefined ? {} : { frequency }),
    ...(figures === undefined ? {} : { figures }),
    ...(before === undefined ? {} : { before }),
    ...(yearBefore === undefined ? {} : { yearBefore }),
    days: daysOf(profile, zone),
    profile: profile.map((quarter) =>
      isLoadRead(quarter) ? quarter.activeImport * (HOUR_MS / QUARTER_MS) : undefined,
    ),
    duration: loadDuration(profile),
    gaps,
    voltages: phaseVoltages(stored.supply, nominalVolts),
    notes: meterNotes(stored, figures, gaps, estimatedKwh, twice),
  };
}

function clockChanges({ fromMs, toMs }: ReportPeriod, zone: Zone): readonly ReportNote[] {
  const notes: ReportNote[] = [];
  for (let at = fromMs; at < toMs;) {
    const { startMs, endMs } = zone.periodAt('day', at);
    const hours = (endMs - startMs) / HOUR_MS;
    if (hours !== DAY_HOURS) notes.push({ code: 'clock_change', dayMs: startMs, hours });
    at = endMs;
  }
  return notes;
}

const periodsOf = ({ period, zone, nowMs }: ReportRequest): Periods => ({
  before: periodBefore(zone, period, 'period'),
  yearBefore: periodBefore(zone, period, 'year'),
  untilMs: settledUntil(period, nowMs),
});

/** What a report says of a meter: much less than the database holds, so that hundreds fit the memory one after another. */
export const buildMeter = (request: ReportRequest, stored: StoredFigures): ReportMeter =>
  meterOf(stored, request, periodsOf(request));

/** The report of some meters. @param more what else is to be said of all of them */
export function buildReport(
  request: ReportRequest,
  meters: readonly ReportMeter[],
  more: readonly ReportNote[] = [],
): ReportModel {
  const { period, zone, tariff } = request;
  const periods = periodsOf(request);
  const { untilMs } = periods;
  const zoneNote: readonly ReportNote[] =
    tariff === undefined || tariff.timeZone === zone.name ? [] : [{ code: 'tariff_zone', tariffZone: tariff.timeZone }];
  const overlaps = tariff === undefined ? [] : tariffOverlaps(tariff, period.fromMs, period.toMs);
  return {
    ...request,
    ...periods,
    meters,
    notes: [
      ...(untilMs < period.toMs ? [{ code: 'period_running', untilMs } as const] : []),
      ...clockChanges(period, zone),
      ...zoneNote,
      ...overlaps.map((overlap) => ({ code: 'tariff_overlap', ...overlap }) as const),
      ...more,
    ],
  };
}
