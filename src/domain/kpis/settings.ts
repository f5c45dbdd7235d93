import { PERIODS, type Period } from '../../metrics/derived-metrics';
import { Expect } from '../../support/expect';
import { collectProblems } from '../../support/problems';
import { parseTariff, parseTimeZone } from '../tariff/parse-tariff';
import type { Tariff } from '../tariff/tariff';
import { tanPhiOf } from './formulas';
import { KPI_KEYS, type KpiKey } from './kpi-rows';
import type { KpiParameters } from './period-facts';

/** What the KPIs of a meter are worked out with. */
export interface KpiSettings extends KpiParameters {
  readonly kpis: readonly KpiKey[];
  readonly periods: readonly Period[];
  /** IANA name of the place whose days and months count. */
  readonly timeZone: string;
  readonly demandMinutes: number;
  readonly demandWindow: 'fixed' | 'sliding';
}

/** Lengths of a demand window: an hour holds a whole number of each. */
export const DEMAND_MINUTES: readonly number[] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60];

export const DEFAULT_KPI_SETTINGS: KpiSettings = {
  kpis: KPI_KEYS.filter((key) => !['tariff_energy', 'co2', 'cost'].includes(key)),
  periods: ['day', 'month'],
  timeZone: 'UTC',
  demandMinutes: 15,
  demandWindow: 'fixed',
  tanPhi: tanPhiOf(0.9),
  co2KgPerKwh: 0,
  // A tenth of the lowest usual nominal voltage (208 V line to line): where IEC 61000-4-30 begins to ask for accuracy.
  minimumVolts: 20,
  // 5 % of a small feeder of 20 A: from 5 % on IEC 62053-21 asks for full accuracy of a meter behind current transformers.
  minimumAmperes: 1,
};

const expect = new Expect('CONFIG_INVALID', 'correct the KPI settings; until then the default is used.');

function atLeastZero(path: string, value: unknown): number {
  const number = expect.finite(path, value);
  return number >= 0 ? number : expect.fail(path, value, 'a number from 0');
}

function minutes(path: string, value: unknown): number {
  const found = DEMAND_MINUTES.find((each) => each === value);
  return found ?? expect.fail(path, value, `one of ${DEMAND_MINUTES.join(', ')}`);
}

function choices<Choice extends string>(path: string, value: unknown, all: readonly Choice[]): readonly Choice[] {
  return expect.array(path, value).map((item, index) => expect.choice(`${path}[${index}]`, item, all));
}

/** The threshold as the power factor that the contract names. */
function threshold(path: string, value: unknown): number {
  const limit = expect.finite(path, value);
  if (!(limit > 0 && limit <= 1)) expect.fail(path, value, 'a number above 0, up to 1');
  return tanPhiOf(limit);
}

export interface ParsedKpiSettings {
  readonly settings: KpiSettings;
  /** One sentence for everything that could not be used. */
  readonly problems: readonly string[];
}

/** Reads KPI settings. What is wrong takes its default, or is left out, and is said; the rest keeps working. */
export function parseKpiSettings(value: unknown): ParsedKpiSettings {
  const { sentences: problems, attempt } = collectProblems('CONFIG_INVALID');
  const record = (value === undefined ? {} : attempt(() => expect.record('kpis', value))) ?? {};
  const read = <Result>(key: string, fallback: Result, parse: (path: string, member: unknown) => Result): Result =>
    record[key] === undefined ? fallback : (attempt(() => parse(key, record[key])) ?? fallback);
  const base = DEFAULT_KPI_SETTINGS;
  const tariff = read<Tariff | undefined>('tariff', undefined, (_path, member) => parseTariff(member));
  const settings: KpiSettings = {
    kpis: read('kpis', base.kpis, (path, member) => choices(path, member, KPI_KEYS)),
    periods: read('periods', base.periods, (path, member) => choices(path, member, PERIODS)),
    timeZone: read('timeZone', tariff?.timeZone ?? base.timeZone, (path, zone) => parseTimeZone(path, zone, expect)),
    demandMinutes: read('demandMinutes', base.demandMinutes, minutes),
    demandWindow: read('demandWindow', base.demandWindow, (path, member) =>
      expect.choice(path, member, ['fixed', 'sliding'] as const),
    ),
    tanPhi: read('powerFactorLimit', base.tanPhi, threshold),
    co2KgPerKwh: read('co2KgPerKwh', base.co2KgPerKwh, atLeastZero),
    minimumVolts: read('minimumVolts', base.minimumVolts, atLeastZero),
    minimumAmperes: read('minimumAmperes', base.minimumAmperes, atLeastZero),
    ...(tariff === undefined ? {} : { tariff }),
  };
  return { settings, problems };
}
