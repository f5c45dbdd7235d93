import { resolve } from 'node:path';
import type { NodeAPI } from 'node-red';
import type { EnergyDeltasSettings } from '../../src/domain/counters/energy-deltas';
import { parseDeadbands } from '../../src/domain/reporting/deadband';
import { KPI_KEYS, type KpiKey } from '../../src/domain/kpis/kpi-rows';
import { parseKpiSettings, type KpiSettings } from '../../src/domain/kpis/settings';
import { KPIS_OF_DEFAULTS, rulesOf } from '../../src/domain/normalizer/rules';
import type { SiteLimits } from '../../src/domain/normalizer/site-limits';
import type { NormalizerSettings } from '../../src/domain/normalizer/settings';
import type { NominalValues, WiringMode } from '../../src/meters/meter-model';
import { PM500 } from '../../src/meters/pm500';
import { ALL_METRICS, ENERGY_COUNTERS, tariffMetrics } from '../../src/metrics/derived-metrics';
import type { Metric } from '../../src/metrics/measurement';
import { Pm500Error, toPm500Error } from '../../src/support/errors';
import { collectProblems } from '../../src/support/problems';
import { readTextFile } from '../../src/support/read-text-file';
import type { ConfigReader } from '../shared/config';
import { parseJsonText } from './json-text';
import { ownPath } from '../shared/user-dir';

type Config = ConfigReader<'pm500-normalize'>;

/** How a `pm500-normalize` node treats the readings of all meters. */
export interface NormalizeSettings {
  /** @param definitions metrics of a site's own layout, which rules and deadbands may name */
  readonly settingsFor: (definitions: readonly Metric[]) => NormalizerSettings;
  /** One sentence for each part of the configuration that cannot be used; everything else works. */
  readonly problems: readonly string[];
  /** What alert rules outside Node-RED compare with. */
  readonly limits: SiteLimits;
  /** 0: never. */
  readonly diagnosticsSeconds: number;
  /** Of the tariff; empty where it names none. */
  readonly currency: string;
}

/** A calendar or a list of rules is far smaller. */
const MOST_BYTES = 1_000_000;

/** @throws Pm500Error CONFIG_INVALID that names the setting and what to do, whatever the operating system says */
function readFileOf(property: string, path: string): string {
  try {
    return readTextFile(path, `${property}: the file`, 'CONFIG_INVALID', MOST_BYTES);
  } catch (thrown) {
    const { cause, message } = toPm500Error(thrown);
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    // Neither a place nor JSON: the two ways in which a person gets here.
    const problem =
      code === 'ENOENT' ? `${property}: there is no file ${path}` : message.replace(/(; check the path)?\.$/, '');
    throw new Pm500Error(
      'CONFIG_INVALID',
      `${problem}; correct the path or enter the JSON itself, beginning with { or [, the rest keeps working.`,
      { cause: thrown },
    );
  }
}

/** What stands in a field as JSON, or in the file that it names. */
function readJson(RED: NodeAPI, property: string, text: string): unknown {
  if (text === '') return undefined;
  if (/^[[{]/.test(text)) return parseJsonText(property, text);
  const path = resolve(ownPath(RED) ?? '.', text);
  return parseJsonText(`${property}: the file ${path}`, readFileOf(property, path));
}

/** @param always worked out whether wanted or not */
function readKpis(
  config: Config,
  tariff: unknown,
  always: readonly KpiKey[],
): { readonly settings: KpiSettings; readonly problems: readonly string[] } {
  const chosen = config.choices('kpis');
  const timeZone = config.text('timeZone');
  const demandMinutes = config.choice('demandMinutes');
  const { settings, problems } = parseKpiSettings({
    kpis: KPI_KEYS.filter((key) => chosen.includes(key) || always.includes(key)),
    periods: config.choices('periods'),
    demandMinutes,
    demandWindow: config.choice('demandWindow'),
    powerFactorLimit: config.number('powerFactorLimit'),
    minimumVolts: config.number('minimumVolts'),
    minimumAmperes: config.number('minimumAmperes'),
    co2KgPerKwh: config.number('co2KgPerKwh'),
    ...(timeZone === '' ? {} : { timeZone }),
    ...(tariff === undefined ? {} : { tariff }),
  });
  const needs = settings.tariff === undefined ? chosen.filter((key) => key === 'cost' || key === 'tariff_energy') : [];
  const without = needs.map(
    (key) => `The KPI ${key} needs a tariff calendar that can be used; give one, or switch it off.`,
  );
  return { settings, problems: [...problems, ...without] };
}

function readNominal(config: Config): NominalValues | undefined {
  if (!config.flag('defaultAlarms')) return undefined;
  const hertz = config.choice('nominalHertz');
  const ratedAmperes = config.number('ratedAmperes');
  return {
    lineToNeutralVolts: config.number('nominalVolts'),
    frequencyHz: hertz === '50' ? 50 : 60,
    ...(ratedAmperes === undefined ? {} : { ratedAmperes }),
  };
}

/** A feeder bears more than its rated current for a while. */
const OVERLOAD = 1.5;

/** Which counters have deltas, and what no load moves further: the rated power, else what the rated current allows. */
function readCounters(config: Config, nominal: NominalValues | undefined): EnergyDeltasSettings {
  const { ratedAmperes, lineToNeutralVolts } = nominal ?? {};
  const ofCurrent =
    ratedAmperes === undefined || lineToNeutralVolts === undefined ? undefined : 3 * ratedAmperes * lineToNeutralVolts;
  const kilowatts = config.number('maxPowerKw');
  const given = kilowatts === undefined ? undefined : 1000 * kilowatts;
  const maxPower = given ?? (ofCurrent === undefined ? undefined : OVERLOAD * ofCurrent);
  const all = config.flag('energyDeltas') && config.flag('partialDeltas');
  return {
    ...(all ? { counters: ENERGY_COUNTERS.map(({ name }) => name) } : {}),
    ...(maxPower === undefined ? {} : { maxPower }),
  };
}

function readLimits(config: Config, nominal: NominalValues | undefined): SiteLimits {
  const contract = config.number('contractKw');
  return {
    ...(nominal === undefined ? {} : { nominal }),
    ...(contract === undefined ? {} : { contractWatts: 1000 * contract }),
    powerFactor: config.number('powerFactorLimit'),
  };
}

function readWiring(config: Config): WiringMode | undefined {
  const wiring = config.choice('wiring');
  return wiring === '' ? undefined : wiring;
}

/**
 * @throws Pm500Error CONFIG_INVALID for what a list or a number field cannot be; what a person writes freely (tariff,
 * rules, deadbands) is a problem of its own and leaves the rest working
 */
export function readNormalizeSettings(RED: NodeAPI, config: Config): NormalizeSettings {
  const { sentences, attempt } = collectProblems('CONFIG_INVALID');
  const read = (property: 'tariff' | 'alarmRules' | 'deadbands'): unknown =>
    attempt(() => readJson(RED, property, config.text(property)));
  const nominal = readNominal(config);
  const { settings: kpis, problems } = readKpis(config, read('tariff'), nominal === undefined ? [] : KPIS_OF_DEFAULTS);
  const energyDeltas = config.flag('energyDeltas');
  const [ownRules, bands] = [read('alarmRules'), read('deadbands')];
  const wiring = readWiring(config);
  const counters = readCounters(config, nominal);
  const staleSeconds = config.number('staleSeconds');
  const intervals = {
    minIntervalMs: 1000 * config.number('minIntervalSeconds'),
    maxIntervalMs: 1000 * config.number('maxIntervalSeconds'),
  };
  const isReporting = config.flag('deadband');
  const ofTariff = tariffMetrics(kpis.tariff?.periods.map(({ name }) => name) ?? []);

  const prepare = (definitions: readonly Metric[]): { settings: NormalizerSettings; problems: readonly string[] } => {
    const own = [...ofTariff, ...definitions];
    const metrics = new Map([...ALL_METRICS, ...own].map((metric) => [metric.name, metric]));
    const known = kpis.kpis.length > 0 || energyDeltas ? { kpis } : {};
    const rules = rulesOf({
      model: PM500,
      own: ownRules,
      energyDeltas,
      metrics,
      ...known,
      ...(nominal === undefined ? {} : { nominal }),
      ...(wiring === undefined ? {} : { wiring }),
    });
    const deadbands = isReporting ? parseDeadbands(bands, metrics) : { deadbands: {}, problems: [] };
    return {
      problems: [...rules.problems, ...deadbands.problems],
      settings: {
        model: PM500,
        energyDeltas,
        alarmRules: rules.rules,
        counters,
        ...known,
        ...(wiring === undefined ? {} : { wiring }),
        ...(nominal === undefined ? {} : { nominal }),
        ...(staleSeconds === 0 ? {} : { staleAfterMs: 1000 * staleSeconds }),
        ...(isReporting ? { report: { ...intervals, deadbands: deadbands.deadbands, definitions: own } } : {}),
      },
    };
  };

  const common = prepare([]);
  return {
    settingsFor: (definitions) => (definitions.length === 0 ? common : prepare(definitions)).settings,
    problems: [...sentences, ...problems, ...common.problems],
    limits: readLimits(config, nominal),
    diagnosticsSeconds: config.number('diagnosticsSeconds'),
    currency: kpis.tariff?.currency ?? '',
  };
}
